//! What every answer of the provider and its front door has around it: headers, ids, what is left of the
//! quota (`wire.md` §4).

use std::fmt::Display;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use pal_rules::id::PartnerId;
use pal_rules::time::Timestamp;
use pal_store::registry::Link;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::CLIENT_REQUEST_ID;
use super::throttle::Draw;
use crate::observe::Faulted;

/// Our id of a request, on every answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const X_MS_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const X_MS_CORRELATION_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const X_MS_ROUTING_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-routing-request-id");

/// More than the headers that an answer has.
const HEADERS: usize = 24;

/// As long as the ids of an answer are together, while they are written.
const IDS: usize = 128;

/// More than a link takes as text, all but always.
const LINK: usize = 512;

/// An answer without the headers that all answers have.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What the log should say of a fault of ours; never sent.
    pub(crate) fault: Option<String>,
}

impl Reply {
    /// 200 with a body: no success of the provider has another status.
    pub(crate) fn ok(body: &impl Serialize) -> Reply {
        let mut text = Vec::with_capacity(LINK);
        // What is answered here has text keys and can always be written.
        let _ = serde_json::to_writer(&mut text, body);
        Reply { body: Some(text), ..Reply::empty() }
    }

    /// 200 with a link as the provider shows it.
    pub(crate) fn link(link: &Link) -> Reply {
        Reply::ok(&LinkBody::from(link))
    }

    /// 200 without a body.
    pub(crate) fn empty() -> Reply {
        Reply { status: StatusCode::OK, body: None, headers: Vec::new(), fault: None }
    }
}

/// What the headers of an answer say of its request.
#[derive(Debug)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    /// The provider's own id of the request; the audit log has it too.
    pub(crate) request_id: Uuid,
    /// The front door's.
    pub(crate) correlation_id: Uuid,
    /// Who asks, once that is known: tenant and object id.
    pub(crate) caller: Option<(Uuid, Uuid)>,
    /// What the tenant may still ask, if there is a quota and a tenant.
    pub(crate) remaining: Option<(Draw, u32)>,
    /// The client's own id, if it asked to have it back.
    pub(crate) echo: Option<HeaderValue>,
}

impl Stamp {
    /// Completes an answer. Its length, and that a HEAD has no body, axum sees to.
    pub(crate) fn seal(self, reply: Reply) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        self.put_headers(headers);
        headers.extend(reply.headers);
        if let Some(body) = reply.body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
            *response.body_mut() = Body::from(body);
        }
        if let Some(chain) = reply.fault {
            response.extensions_mut().insert(Faulted { chain });
        }
        response
    }

    fn put_headers(&self, headers: &mut HeaderMap) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        headers.insert(header::EXPIRES, HeaderValue::from_static("-1"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        self.put_ids(headers);
        match self.remaining {
            Some((Draw::Read, left)) => {
                headers.insert("x-ms-ratelimit-remaining-tenant-reads", HeaderValue::from(left));
            }
            Some((Draw::Write, left)) => {
                headers.insert("x-ms-ratelimit-remaining-tenant-writes", HeaderValue::from(left));
            }
            None => {}
        }
        if let Some(echo) = &self.echo {
            headers.insert(CLIENT_REQUEST_ID, echo.clone());
        }
    }

    /// The ids, all in one piece of memory: the second is the end of the third.
    fn put_ids(&self, headers: &mut HeaderMap) {
        let mut text = String::with_capacity(IDS);
        text.push_str(self.request_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        let routing = text.len();
        text.push_str("PAL:");
        push_compact(&mut text, self.at);
        text.push(':');
        let correlation = text.len();
        text.push_str(self.correlation_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        let text = Bytes::from(text);
        let mut put = |name, value| {
            // Letters, digits and `-:` are always a header's value.
            if let Ok(value) = HeaderValue::from_maybe_shared::<Bytes>(value) {
                headers.insert(name, value);
            }
        };
        put(REQUEST_ID, text.slice(..routing));
        put(X_MS_REQUEST_ID, text.slice(correlation..));
        put(X_MS_CORRELATION_REQUEST_ID, text.slice(correlation..));
        put(X_MS_ROUTING_REQUEST_ID, text.slice(routing..));
    }
}

/// Adds `yyyyMMddTHHmmssZ`.
fn push_compact(text: &mut String, at: Timestamp) {
    let spelled = at.to_string();
    let second = spelled.chars().take_while(|letter| *letter != '.');
    text.extend(second.filter(|letter| !matches!(letter, '-' | ':' | 'Z')));
    text.push('Z');
}

/// A link as the provider shows it: this order of keys, integers, and the lower-case provider in `id`, as recorded.
/// Written straight from the link: most answers are this one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerResponse)]
pub(crate) struct LinkBody<'a> {
    #[serde(serialize_with = "resource_id")]
    #[schema(value_type = String, example = "/providers/microsoft.managementpartner/partners/5127255")]
    id: PartnerId,
    #[serde(rename = "type")]
    #[schema(example = "Microsoft.ManagementPartner/partners")]
    kind: &'static str,
    /// The partner id.
    #[serde(serialize_with = "in_words")]
    #[schema(value_type = String)]
    name: PartnerId,
    /// Always the version; an integer, and no header.
    etag: i64,
    properties: LinkProperties<'a>,
}

/// The link itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PartnerProperties)]
struct LinkProperties<'a> {
    #[serde(serialize_with = "in_words")]
    #[schema(value_type = String, pattern = "^[0-9]{1,10}$")]
    partner_id: PartnerId,
    /// Absent when the partner directory does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    partner_name: Option<&'a str>,
    tenant_id: Uuid,
    object_id: Uuid,
    /// Counts every change and every delete, from 1.
    version: i64,
    #[serde(serialize_with = "in_words")]
    #[schema(value_type = String, format = DateTime)]
    updated_time: Timestamp,
    /// Survives delete and re-create.
    #[serde(serialize_with = "in_words")]
    #[schema(value_type = String, format = DateTime)]
    created_time: Timestamp,
    #[schema(example = "Active")]
    state: &'static str,
}

fn in_words<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn resource_id<S: Serializer>(partner: &PartnerId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("/providers/microsoft.managementpartner/partners/{partner}"))
}

impl<'a> From<&'a Link> for LinkBody<'a> {
    fn from(link: &'a Link) -> LinkBody<'a> {
        LinkBody {
            id: link.partner_id,
            kind: "Microsoft.ManagementPartner/partners",
            name: link.partner_id,
            etag: link.version,
            properties: LinkProperties {
                partner_id: link.partner_id,
                partner_name: link.partner_name.as_deref(),
                tenant_id: link.tenant,
                object_id: link.object_id,
                version: link.version,
                updated_time: link.updated_at,
                created_time: link.created_at,
                state: "Active",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use pal_rules::id::PartnerId;
    use pal_rules::time::Timestamp;
    use pal_store::registry::Link;
    use uuid::Uuid;

    use super::{LinkBody, Reply, Stamp, push_compact};
    use crate::observe::Faulted;

    #[test]
    fn the_recorded_body_comes_out_byte_for_byte() {
        let link = Link {
            tenant: Uuid::parse_str("72f988bf-86f1-41af-91ab-2d7cd011db47").unwrap(),
            object_id: Uuid::parse_str("ac9a0626-3ff0-46e2-9974-bbfba246f6dc").unwrap(),
            partner_id: PartnerId::new("5127255").unwrap(),
            partner_name: Some("Example_Partner_Testing".to_owned()),
            version: 18,
            created_at: Timestamp::parse("2018-02-21T20:07:21.134129Z").unwrap(),
            updated_at: Timestamp::parse("2018-07-30T21:12:18.350161Z").unwrap(),
        };
        let expected = concat!(
            r#"{"id":"/providers/microsoft.managementpartner/partners/5127255","type":"Microsoft.Managem"#,
            r#"entPartner/partners","name":"5127255","etag":18,"properties":{"partnerId":"5127255","partn"#,
            r#"erName":"Example_Partner_Testing","tenantId":"72f988bf-86f1-41af-91ab-2d7cd011db47","objec"#,
            r#"tId":"ac9a0626-3ff0-46e2-9974-bbfba246f6dc","version":18,"updatedTime":"2018-07-30T21:12:1"#,
            r#"8.350161Z","createdTime":"2018-02-21T20:07:21.134129Z","state":"Active"}}"#,
        );
        let body = |link| serde_json::to_string(&LinkBody::from(link)).unwrap();
        assert_eq!(body(&link), expected);
        let nameless = Link { partner_name: None, ..link };
        assert_eq!(body(&nameless), expected.replace(r#""partnerName":"Example_Partner_Testing","#, ""));
    }

    #[test]
    fn a_routing_id_has_whole_seconds() {
        let at = Timestamp::parse("2018-07-30T21:12:19.5Z").unwrap();
        let mut text = "a-b.cZ:".to_owned();
        push_compact(&mut text, at);
        assert_eq!(text, "a-b.cZ:20180730T211219Z");
    }

    #[test]
    fn what_went_wrong_goes_to_the_log_and_not_into_the_answer() {
        let at = Timestamp::parse("2018-07-30T21:12:19.5Z").unwrap();
        let (request_id, correlation_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let stamp = Stamp { at, request_id, correlation_id, caller: None, remaining: None, echo: None };
        let sealed = stamp.seal(Reply { fault: Some("the disk".to_owned()), ..Reply::empty() });
        assert_eq!(sealed.extensions().get::<Faulted>().unwrap().chain, "the disk");
        assert!(sealed.headers().values().all(|value| value != "the disk"));
    }
}
