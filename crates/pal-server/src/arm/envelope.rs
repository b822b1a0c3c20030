//! What every answer of the provider and its front door has around it: headers, ids, what is left of the
//! quota (`wire.md` §4).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use pal_rules::time::Timestamp;
use pal_store::registry::Link;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::throttle::Draw;
use crate::observe::{Asked, Faulted};

/// More than the headers that an answer has.
const HEADERS: usize = 24;

/// An answer without the headers that all answers have.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<String>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// What the log should say of a fault of ours; never sent.
    pub(crate) fault: Option<String>,
}

impl Reply {
    /// 200 with a body: no success of the provider has another status.
    pub(crate) fn ok(body: &impl Serialize) -> Reply {
        // What is answered here has text keys and can always be written.
        let body = serde_json::to_string(body).unwrap_or_default();
        Reply { status: StatusCode::OK, body: Some(body), headers: Vec::new(), fault: None }
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
        let asked = Asked { request_id: self.request_id, caller: self.caller };
        response.extensions_mut().insert(asked);
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
        let correlation = self.correlation_id.to_string();
        put(headers, "request-id", &self.request_id.to_string());
        if let Ok(value) = HeaderValue::from_str(&correlation) {
            headers.insert("x-ms-request-id", value.clone());
            headers.insert("x-ms-correlation-request-id", value);
        }
        put(headers, "x-ms-routing-request-id", &format!("PAL:{}:{correlation}", compact(self.at)));
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
            headers.insert("x-ms-client-request-id", echo.clone());
        }
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// `yyyyMMddTHHmmssZ`.
fn compact(at: Timestamp) -> String {
    let text = at.to_string();
    let second = text.split(['.', 'Z']).next().unwrap_or_default();
    let mut compact: String = second.chars().filter(|letter| !matches!(letter, '-' | ':')).collect();
    compact.push('Z');
    compact
}

/// A link as the provider shows it: this order of keys, integers, and the lower-case provider in `id`, as recorded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerResponse)]
pub(crate) struct LinkBody {
    #[schema(example = "/providers/microsoft.managementpartner/partners/5127255")]
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "Microsoft.ManagementPartner/partners")]
    kind: &'static str,
    /// The partner id.
    name: String,
    /// Always the version; an integer, and no header.
    etag: i64,
    properties: LinkProperties,
}

/// The link itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PartnerProperties)]
struct LinkProperties {
    #[schema(pattern = "^[0-9]{1,10}$")]
    partner_id: String,
    /// Absent when the partner directory does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    partner_name: Option<String>,
    tenant_id: Uuid,
    object_id: Uuid,
    /// Counts every change and every delete, from 1.
    version: i64,
    #[schema(format = DateTime)]
    updated_time: String,
    /// Survives delete and re-create.
    #[schema(format = DateTime)]
    created_time: String,
    #[schema(example = "Active")]
    state: &'static str,
}

impl From<&Link> for LinkBody {
    fn from(link: &Link) -> LinkBody {
        let partner_id = link.partner_id.to_string();
        LinkBody {
            id: format!("/providers/microsoft.managementpartner/partners/{partner_id}"),
            kind: "Microsoft.ManagementPartner/partners",
            name: partner_id.clone(),
            etag: link.version,
            properties: LinkProperties {
                partner_id,
                partner_name: link.partner_name.clone(),
                tenant_id: link.tenant,
                object_id: link.object_id,
                version: link.version,
                updated_time: link.updated_at.to_string(),
                created_time: link.created_at.to_string(),
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

    use super::{LinkBody, Reply, Stamp, compact};
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
        assert_eq!(compact(at), "20180730T211219Z");
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
