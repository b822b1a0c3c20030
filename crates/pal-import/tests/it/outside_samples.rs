//! Every sample of Dataverse, the directory and links, and what it becomes.

use pal_import::outside::Context;
use pal_rules::id::Id;

use crate::outside_dataverse::{declared, told_of};
use crate::outside_package::samples;

const HOST: &str = "url:contoso.crm.dynamics.com";

/// Each file, and what it becomes.
const TABLE: &[(&str, &[&str])] = &[
    (
        "constructed/dataverse_importjobs.json",
        &[
            "solution_imports: 7f1c0000-0000-4000-8000-000000000001,HOST,CenterofExcellenceAuditLogs,1.40,true,dataverse:HOST/b0b3f470-4746-4959-91e7-277e7afa2e82,succeeded,2026-01-05T10:15:00Z",
        ],
    ),
    (
        "constructed/dataverse_solutionhistories.json",
        &["- solution history, which names no user: import jobs do"],
    ),
    (
        "dataverse/m365cli_pp_solution_list.json",
        &[
            "solution: 10195613-0000-4000-8000-000000000000,00000001-0000-0000-0001-00000000009b,Crc00f1,1.0.0.0",
        ],
    ),
    (
        "dataverse/solutions_list.json",
        &[
            "solution: 10195613-0000-4000-8000-000000000000,70edca66-e4c2-4384-92e0-4300465c1894,ProductivityToolsAnchor,9.2.1.1020",
        ],
    ),
    (
        "dataverse/systemusers_list.json",
        &[
            "aliases: t,principal,dataverse:10195613-0000-4000-8000-000000000000/00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-000000000002,,",
        ],
    ),
    (
        "graph/m365cli_entra_enterpriseapp_list.json",
        &[
            "aliases: t,principal,app:a62ef842-f9ef-49cf-9119-31b85ea58445,226859cc-86f0-40d3-b308-f43b3a729b6e,2022-11-28T20:32:11Z,",
            "principals: t,226859cc-86f0-40d3-b308-f43b3a729b6e,service_principal,My custom enterprise application,,,,2026-03-01T00:00:00Z",
        ],
    ),
    (
        "graph/m365cli_entra_user_list.json",
        &[
            "aliases: t,principal,upn:john@contoso.onmicrosoft.com,ef0d4f29-e359-4443-a15d-bc3dccc8143f,,",
            "principals: t,ef0d4f29-e359-4443-a15d-bc3dccc8143f,user,John Doe,john@contoso.onmicrosoft.com,,,2026-03-01T00:00:00Z",
        ],
    ),
    (
        "graph/m365cli_entra_user_recyclebin_list.json",
        &[
            "aliases: t,principal,upn:john@contoso.com,7e06b566-15f3-4013-8bf8-79874d52e68a,,",
            "principals: t,7e06b566-15f3-4013-8bf8-79874d52e68a,user,John Doe,john@contoso.com,2026-03-01T00:00:00Z,,2026-03-01T00:00:00Z",
        ],
    ),
    (
        "constructed/graph_servicePrincipals.json",
        &[
            "aliases: t,principal,app:65415bb1-9267-4313-bbf5-ae259732ee12,59e617e5-e447-4adc-8b88-00af644d7c92,,",
            "principals: t,59e617e5-e447-4adc-8b88-00af644d7c92,service_principal,partner-devops,,,,2026-03-01T00:00:00Z",
        ],
    ),
    (
        "constructed/entra_exportUsers.csv",
        &[
            "aliases: t,principal,upn:alice@fabrikam.com,8bc4ae57-cbe6-4a0b-9763-eb3624c821a7,,",
            "aliases: t,principal,upn:alice_fabrikam.com#ext#@contoso.onmicrosoft.com,8bc4ae57-cbe6-4a0b-9763-eb3624c821a7,,",
            "aliases: t,principal,upn:svc-partner@contoso.onmicrosoft.com,e5568c4f-015e-49d6-bf04-16c14301e9a3,,",
            "principals: t,8bc4ae57-cbe6-4a0b-9763-eb3624c821a7,guest,Alice (Fabrikam),alice_fabrikam.com#ext#@contoso.onmicrosoft.com,,,2026-03-01T00:00:00Z",
            "principals: t,e5568c4f-015e-49d6-bf04-16c14301e9a3,user,Svc Partner,svc-partner@contoso.onmicrosoft.com,,,2026-03-01T00:00:00Z",
        ],
    ),
    (
        "pal/GetPartnerDetails.json",
        &[
            "links: 1b1121dd-6900-412a-af73-e8d44f81e1c1,aa67f786-0552-423e-8849-244ed12bf581,123456,2018-01-20T01:52:57.912605Z,,microsoft",
        ],
    ),
    (
        "constructed/pal_links.csv",
        &[
            "links: 99ca106f-36df-429e-9998-b6131ea7cc86,59e617e5-e447-4adc-8b88-00af644d7c92,654321,2025-09-01T12:00:00Z,2026-02-01T00:00:00Z,declared",
            "links: 99ca106f-36df-429e-9998-b6131ea7cc86,e5568c4f-015e-49d6-bf04-16c14301e9a3,123456,2025-06-01T00:00:00Z,,declared",
        ],
    ),
];

#[test]
fn every_sample_becomes_what_it_says() {
    let Some(samples) = samples() else { return };
    let environment = Some(Id::new("10195613-0000-4000-8000-000000000000"));
    let context = Context { tenant: Some(Id::new("t")), environment, ..declared() };
    for (file, expected) in TABLE {
        let expected: Vec<String> = expected.iter().map(|line| line.replace("HOST", HOST)).collect();
        assert_eq!(told_of(&samples.join(file), &context), expected, "{file}");
    }
}
