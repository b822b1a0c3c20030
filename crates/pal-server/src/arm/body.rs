//! Bodies are accepted and ignored, whatever they hold (`wire.md` §0): the partner id is in the path only.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};

use super::error::ArmError;

/// Reads a body to its end and keeps nothing of it, so that the connection can be used again.
pub(super) async fn discard(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<(), ArmError> {
    // Refused before the first byte: a client that asks before it sends need not send at all.
    if announced(headers).is_some_and(|length| length > limit) {
        return Err(ArmError::BodyTooLarge { limit });
    }
    let mut read = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| ArmError::BodyBroken)?;
        read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if read > limit {
            return Err(ArmError::BodyTooLarge { limit });
        }
    }
    Ok(())
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
