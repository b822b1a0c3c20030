//! The many ways to write an address, all the way through.

use crate::world::{PARTNER, World, partner};

#[tokio::test]
async fn every_spelling_of_an_address_is_the_same_link() {
    let world = World::new().await;
    assert_eq!(world.ask("PUT", &partner(PARTNER)).await.status, 200);
    for path in [
        "/providers/Microsoft.ManagementPartner/partners/5127255",
        "/providers/microsoft.managementpartner/partners/5127255/",
        "/PROVIDERS/MICROSOFT.MANAGEMENTPARTNER/PARTNERS/5127255/",
        "/%50roviders/microsoft%2emanagementpartner/partner%53/512%37255",
        "/providers/Microsoft.ManagementPartner/partners",
        "/Providers/microsoft.ManagementPartner/Partners/",
    ] {
        let answer = world.ask("GET", &format!("{path}?api-version=2018-02-01")).await;
        assert_eq!(answer.status, 200, "{path}");
        let id = answer.json()["id"].clone();
        assert_eq!(id, "/providers/microsoft.managementpartner/partners/5127255", "{path}");
    }
}

#[tokio::test]
async fn what_is_no_path_is_404_in_arm_shape_for_everybody() {
    let world = World::new().await;
    let body = r#"{"error":{"code":"NotFound","message":"No resource or operation has this path."}}"#;
    for path in [
        "/providers/Microsoft.ManagementPartner//partners",
        "/providers/Microsoft.ManagementPartner/partners//",
        "/providers/Microsoft.ManagementPartner/partners/../partners/5127255",
        "/providers/Microsoft.ManagementPartner/partners/%2e%2e/partners",
        "/providers/Microsoft.ManagementPartner/partners/./5127255",
        "/providers/Microsoft.ManagementPartner/partners/5127255%00",
        "/providers/Microsoft.ManagementPartner/partners/%5",
        "/providers/Microsoft.ManagementPartner/partners/%GG",
        "/providers/Microsoft.ManagementPartner/partners/%FF",
        "/%2e%2e/providers",
        "//providers/Microsoft.ManagementPartner/partners",
        "/elsewhere/%zz",
        "/elsewhere",
        "/",
    ] {
        for token in ["alice", "nobody"] {
            let answer = world.ask_as(token, "GET", &format!("{path}?api-version=2018-02-01")).await;
            assert_eq!((answer.status, answer.body.as_str()), (404, body), "{path}");
            assert!(answer.header("x-ms-request-id").is_some(), "{path}");
        }
    }
}
