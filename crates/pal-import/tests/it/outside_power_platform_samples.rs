//! Every public sample of Power Platform and of its Data Lake export, and what it yields.

use std::path::Path;

use super::outside_power_platform::{snapshot, yields};

/// Each file, and what it yields.
const FILES: &[(&str, &str)] = &[
    (
        "powerplatform/bap_admin_apps_list.json",
        "
aliases: 1dbbeae5-8fa6-462e-a5a1-9932a520a1dc,resource,name:00000000-0000-0000-0000-000000000001/cat_overview_3dbf5,3fec9f57-83bc-4fb8-981e-4b6b45aaa2da,,
refused 1: the record does not say which app
resources: 3fec9f57-83bc-4fb8-981e-4b6b45aaa2da,power_apps_page,1dbbeae5-8fa6-462e-a5a1-9932a520a1dc,00000000-0000-0000-0000-000000000001,Overview,2023-09-27T07:08:47.196478Z,,2023-09-27T20:31:37.219756Z
",
    ),
    (
        "powerplatform/bap_environment_get.json",
        "
aliases: 11111111-0000-4000-8000-000000000001,environment,url:00000000-0000-0000-0000-000000000001.api.crm4.dynamics.com,00000000-0000-0000-0000-000000000001,,
aliases: 11111111-0000-4000-8000-000000000001,environment,url:00000000-0000-0000-0000-000000000001.crm4.dynamics.com,00000000-0000-0000-0000-000000000001,,
environments: 00000000-0000-0000-0000-000000000001,11111111-0000-4000-8000-000000000001,displayname,sandbox,2026-03-01T00:00:00Z,2023-09-27T07:08:34.920514Z
",
    ),
    (
        "powerplatform/bap_environment_roleassignments.json",
        "
ignored 2: a role in an environment owns no app
",
    ),
    (
        "powerplatform/m365cli_flow_get.json",
        "
listings: 2026-03-01T00:00:00Z,a18e89d1-4c75-41e4-9517-e90aedc079be,owner,fe36f75e-c103-410b-a18a-2bf6df06ac3a,false
resources: a18e89d1-4c75-41e4-9517-e90aedc079be,power_automate,e1dd4023-a656-480a-8a0e-c1b1eec51e1d,default-e1dd4023-a656-480a-8a0e-c1b1eec51e1d,TEST,2023-07-25T18:42:15.769363Z,,2024-03-08T10:24:12.014704Z
",
    ),
    (
        "powerplatform/m365cli_flow_list.json",
        "
listings: 2026-03-01T00:00:00Z,fc2d4ef5-4151-4e93-9aaa-1f380d7ed95d,owner,9723d9b0-b8d6-48af-b381-fb4a9f0403e4,false
resources: fc2d4ef5-4151-4e93-9aaa-1f380d7ed95d,power_automate,1e852b49-bf4b-4ba5-bcd4-a8c4706c8ed4,default-1e852b49-bf4b-4ba5-bcd4-a8c4706c8ed4,Invoicing flow,2024-07-09T21:32:14.59185Z,,2024-07-09T21:32:15.23495Z
",
    ),
    (
        "powerplatform/m365cli_flow_list_1.json",
        "
listings: 2026-03-01T00:00:00Z,fc2d4ef5-4151-4e93-9aaa-1f380d7ed95d,owner,9723d9b0-b8d6-48af-b381-fb4a9f0403e4,false
resources: fc2d4ef5-4151-4e93-9aaa-1f380d7ed95d,power_automate,1e852b49-bf4b-4ba5-bcd4-a8c4706c8ed4,default-1e852b49-bf4b-4ba5-bcd4-a8c4706c8ed4,Invoicing flow,2024-07-09T21:32:15Z,,2024-07-09T21:32:15Z
",
    ),
    (
        "powerplatform/m365cli_flow_owner_list.json",
        "
ignored 1: co-owners of flows never count: the creator does
",
    ),
    (
        "powerplatform/m365cli_flow_run_list.json",
        "
covered: de348bc7-1aeb-4406-8cb3-97db021cadb4,power_automate,power-platform,runs_only,2022-11-17
runs: 170fb67e-a514-4d84-8727-582022bd13a9,2022-11-17,Running,1
",
    ),
    (
        "powerplatform/m365cli_flow_run_list_1.json",
        "
covered: e1dd4023-a656-480a-8a0e-c1b1eec51e1d,power_automate,power-platform,runs_only,2024-03-08
runs: a18e89d1-4c75-41e4-9517-e90aedc079be,2024-03-08,Succeeded,1
",
    ),
    (
        "powerplatform/m365cli_pa_app_list.json",
        "
listings: 2026-03-01T00:00:00Z,37ea6004-f07b-46ca-8ef3-a256b67b4dbb,owner,fe36f75e-c103-410b-a18a-2bf6df06ac3a,false
resources: 37ea6004-f07b-46ca-8ef3-a256b67b4dbb,power_apps_canvas,e1dd4023-a656-480a-8a0e-c1b1eec51e1d,default-e1dd4023-a656-480a-8a0e-c1b1eec51e1d,Test application,2022-10-25T21:28:12.717146Z,,2022-10-25T21:28:12.745629Z
",
    ),
    (
        "powerplatform/m365cli_pa_app_permission_list.json",
        "
listings: 2026-03-01T00:00:00Z,37ea6004-f07b-46ca-8ef3-a256b67b4dbb,owner,fe36f75e-c103-410b-a18a-2bf6df06ac3a,false
",
    ),
    (
        "powerplatform/m365cli_pp_environment_list.json",
        "
aliases: e1dd4023-a656-480a-8a0e-c1b1eec51e1d,environment,url:org6633049a.api.crm4.dynamics.com,default-e1dd4023-a656-480a-8a0e-c1b1eec51e1d,,
aliases: e1dd4023-a656-480a-8a0e-c1b1eec51e1d,environment,url:org6633049a.crm4.dynamics.com,default-e1dd4023-a656-480a-8a0e-c1b1eec51e1d,,
environments: default-e1dd4023-a656-480a-8a0e-c1b1eec51e1d,e1dd4023-a656-480a-8a0e-c1b1eec51e1d,contoso (default),default,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z
",
    ),
    (
        "constructed/Get-AdminFlowOwnerRole.csv",
        "
ignored 1: co-owners of flows never count: the creator does
",
    ),
    (
        "constructed/Get-AdminPowerApp.csv",
        "
listings: 2026-03-01T00:00:00Z,1fb9dc99-24c8-419d-b13c-da06524b31f3,owner,e5568c4f-015e-49d6-bf04-16c14301e9a3,false
resources: 1fb9dc99-24c8-419d-b13c-da06524b31f3,power_apps_canvas,99ca106f-36df-429e-9998-b6131ea7cc86,45631aa5-f43e-4672-959c-8dfa4f1e5ca8,Expense,2025-10-25T21:28:14.21223Z,,2026-01-05T00:00:00Z
",
    ),
    (
        "constructed/Get-AdminPowerAppRoleAssignment.csv",
        "
ignored 1: role CanView
listings: 2026-03-01T00:00:00Z,1fb9dc99-24c8-419d-b13c-da06524b31f3,co_owner,bec33726-2e4f-46c7-b247-29b57c4df65d,false
",
    ),
    (
        "constructed/adls_powerapps_applications.json",
        "
listings: 2025-10-25T21:28:14.21223Z,1fb9dc99-24c8-419d-b13c-da06524b31f3,owner,e5568c4f-015e-49d6-bf04-16c14301e9a3,false
resources: 1fb9dc99-24c8-419d-b13c-da06524b31f3,power_apps_canvas,99ca106f-36df-429e-9998-b6131ea7cc86,45631aa5-f43e-4672-959c-8dfa4f1e5ca8,Expense,2025-10-25T21:28:14.21223Z,,2026-01-05T00:00:00Z
resources: 2f0e4c1b-0000-4000-8000-000000000001,power_apps_model_driven,99ca106f-36df-429e-9998-b6131ea7cc86,default-99ca106f-36df-429e-9998-b6131ea7cc86,Case Hub,2025-11-01T00:00:00Z,,2025-11-01T00:00:00Z
",
    ),
    (
        "constructed/adls_powerapps_usage.json",
        "
activity: 2026-02-03T07:31:00Z,99ca106f-36df-429e-9998-b6131ea7cc86,1fb9dc99-24c8-419d-b13c-da06524b31f3,90f0352e-c324-43da-8e38-f774b56a2d93,use
activity: 2026-02-03T08:00:00.123456Z,99ca106f-36df-429e-9998-b6131ea7cc86,2f0e4c1b-0000-4000-8000-000000000001,90f0352e-c324-43da-8e38-f774b56a2d93,use
covered: 99ca106f-36df-429e-9998-b6131ea7cc86,power_apps_canvas,data-lake,observed,2026-02-03
covered: 99ca106f-36df-429e-9998-b6131ea7cc86,power_apps_model_driven,data-lake,observed,2026-02-03
",
    ),
    (
        "constructed/adls_powerautomate_usage.json",
        "
covered: 99ca106f-36df-429e-9998-b6131ea7cc86,power_automate,data-lake,runs_only,2026-02-03
runs: 72f2be4a-78c1-4220-a048-dbf557296a72,2026-02-03,Succeeded,41
",
    ),
    (
        "constructed/inventory_api_page.json",
        "
aliases: 99ca106f-36df-429e-9998-b6131ea7cc86,resource,name:45631aa5-f43e-4672-959c-8dfa4f1e5ca8/751183fc-db68-ea11-a811-000d3a31cf04,72f2be4a-78c1-4220-a048-dbf557296a72,,
aliases: 99ca106f-36df-429e-9998-b6131ea7cc86,resource,name:45631aa5-f43e-4672-959c-8dfa4f1e5ca8/crc69_expense_d7e01,1fb9dc99-24c8-419d-b13c-da06524b31f3,,
aliases: 99ca106f-36df-429e-9998-b6131ea7cc86,resource,name:45631aa5-f43e-4672-959c-8dfa4f1e5ca8/new_casehub,2f0e4c1b-0000-4000-8000-000000000001,,
environments: 45631aa5-f43e-4672-959c-8dfa4f1e5ca8,99ca106f-36df-429e-9998-b6131ea7cc86,Contoso Prod,production,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z
listings: 2026-03-01T00:00:00Z,1fb9dc99-24c8-419d-b13c-da06524b31f3,owner,e5568c4f-015e-49d6-bf04-16c14301e9a3,false
listings: 2026-03-01T00:00:00Z,2f0e4c1b-0000-4000-8000-000000000001,owner,e5568c4f-015e-49d6-bf04-16c14301e9a3,false
listings: 2026-03-01T00:00:00Z,72f2be4a-78c1-4220-a048-dbf557296a72,owner,e5568c4f-015e-49d6-bf04-16c14301e9a3,false
resources: 1fb9dc99-24c8-419d-b13c-da06524b31f3,power_apps_canvas,99ca106f-36df-429e-9998-b6131ea7cc86,45631aa5-f43e-4672-959c-8dfa4f1e5ca8,Expense,2025-10-25T21:28:14.21223Z,,2026-01-05T00:00:00Z
resources: 2f0e4c1b-0000-4000-8000-000000000001,power_apps_model_driven,99ca106f-36df-429e-9998-b6131ea7cc86,45631aa5-f43e-4672-959c-8dfa4f1e5ca8,Case Hub,2025-11-01T00:00:00Z,,2026-03-01T00:00:00Z
resources: 72f2be4a-78c1-4220-a048-dbf557296a72,power_automate,99ca106f-36df-429e-9998-b6131ea7cc86,45631aa5-f43e-4672-959c-8dfa4f1e5ca8,Nightly sync,2026-02-10T08:00:11Z,,2026-03-01T00:00:00Z
",
    ),
];

#[test]
fn every_sample_yields_what_it_says() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/samples");
    if !samples.is_dir() {
        println!("skipped: the samples are not in {}", samples.display());
        return;
    }
    for (file, expected) in FILES {
        assert_eq!(yields(&[samples.join(file)], &snapshot()), expected.trim(), "{file}");
    }
}
