//! Answers that were recorded of Microsoft's service are read as what they are.

use pal_fleet::cloud::Cloud;
use pal_fleet::endpoint::Endpoint;
use pal_fleet::links::Client;
use pal_fleet::problem::Problem;
use pal_fleet::sign_in::{Secret, Way, sign_in};

use crate::http;
use crate::loopback::{Loopback, Reply};

const LINK_2018: &str = r#"{"id":"/providers/microsoft.managementpartner/partners/123456","type":"Microsoft.ManagementPartner/partners","name":"123456","etag":61,"properties":{"partnerId":"123456","tenantId":"1b1121dd-6900-412a-af73-e8d44f81e1c1","objectId":"aa67f786-0552-423e-8849-244ed12bf581","version":61,"updatedTime":"2018-02-11T22:18:10.5395747Z","createdTime":"2018-01-20T01:23:40.5280496Z","state":"Active"}}"#;
const INVALID_2021: &str = r#"{"error":{"code":"PartnerIdInvalid","message":"The Partner ID is not valid"},"code":"PartnerIdInvalid","message":"The Partner ID is not valid"}"#;
const NOT_LINKED_2021: &str = r#"{"error":{"code":"ManagementPartnerNotFound","message":"This user or service principal is not linked with a Partner ID"},"code":"ManagementPartnerNotFound","message":"This user or service principal is not linked with a Partner ID"}"#;

fn replayed<T>(status: u16, body: &'static str, ask: impl Fn(&Client<'_>) -> T) -> T {
    let ids = vec![
        ("x-ms-request-id", "a4bd32b7-0000-4000-8000-000000000001".to_owned()),
        ("request-id", "6f62d656-d838-4857-bebc-bacb4bb299e7".to_owned()),
    ];
    let server = Loopback::new(move |_, _| Reply::Says(status, ids.clone(), body.to_owned()));
    let endpoint = Endpoint::parse(&server.url()).unwrap();
    let cloud = Cloud {
        login: endpoint.clone(),
        audience: String::new(),
        asks_for_more: false,
        signs_in_itself: true,
    };
    let token = sign_in(&http(), &cloud, None, &Way::Token(Secret::new("t"))).unwrap();
    ask(&Client::new(&http(), &endpoint, &token))
}

#[test]
fn a_link_of_2018_has_no_name_and_keeps_all_digits() {
    let link = replayed(200, LINK_2018, |client| client.show(Some("123456"))).unwrap().found.unwrap();
    assert_eq!((link.partner_id.as_str(), link.partner_name, link.version), ("123456", None, Some(61)));
    assert_eq!(link.updated_time.as_deref(), Some("2018-02-11T22:18:10.5395747Z"));
    assert_eq!(link.object_id, "aa67f786-0552-423e-8849-244ed12bf581");
}

#[test]
fn refusals_of_2021_are_what_they_say() {
    let id = "6f62d656-d838-4857-bebc-bacb4bb299e7";
    let none = replayed(404, NOT_LINKED_2021, |client| client.show(None)).unwrap();
    assert_eq!((none.found, none.request_id.as_deref()), (None, Some(id)));
    let Err(Problem::Refused(refusal)) = replayed(400, INVALID_2021, |client| client.create("123456")) else {
        panic!("taken")
    };
    assert_eq!(
        (refusal.code.as_str(), refusal.message.as_str()),
        ("PartnerIdInvalid", "The Partner ID is not valid")
    );
    assert_eq!(refusal.request_id.as_deref(), Some(id), "the provider's own, not the front door's");
    assert_eq!(replayed(200, "", |client| client.delete("123456")), Ok(()));
}
