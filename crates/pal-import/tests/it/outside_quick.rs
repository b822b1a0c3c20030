//! The fast path through audit records gives what the general path gives.

use std::io::Write;

use pal_import::outside::{Account, Context, inputs, read};
use pal_rules::id::Id;
use proptest::prelude::*;

use super::outside_audit::{context, facts};

/// Members that records have, each with values of every kind that may stand there.
const MEMBERS: &[(&str, &[&str])] = &[
    ("CreationTime", &[r#""2026-02-03T20:18:56""#, r#""2026-02-03T20:18:56.1Z ""#, r#""x""#, "null"]),
    ("Id", &[r#""e1""#, r#""""#, "7", "null"]),
    (
        "Operation",
        &[
            r#""LaunchPowerApp""#,
            r#""CreatePowerApp""#,
            r#""PowerAppPermissionEdited""#,
            r#""AdminModifyAppOwner""#,
            r#""DeletePowerApp""#,
            r#""CreateFlow""#,
            r#""DeleteFlow""#,
            r#""ViewReport""#,
            r#""Import""#,
            r#""TakeOverDataset""#,
            r#""CrmDefaultActivity""#,
            r#""Launch\u0050owerApp""#,
            r#""FileAccessed""#,
            "null",
        ],
    ),
    ("RecordType", &["45", "30", "20", "21", "256", r#""PowerAppsApp""#, r#""45""#, "45.5", "6", "null"]),
    ("OrganizationId", &[r#""1557f771-4c8e-4dbd-8b80-dd00a88e833e""#, r#""x""#]),
    ("UserType", &["0", "4", "5", r#""Application""#, "18446744073709551615"]),
    ("ResultStatus", &[r#""Success""#, r#""Failed""#]),
    ("IsSuccess", &["true", "false", r#""False""#]),
    ("UserKey", &[r#""bec33726-2e4f-46c7-b247-29b57c4df65d""#, r#""10032""#]),
    ("UserId", &[r#""a@b.example""#, r#""Unknown""#, r#"["a@b.example"]"#]),
    ("UserUPN", &[r#""c@b.example""#]),
    ("UserUpn", &[r#""d@b.example""#]),
    ("ObjectId", &[r#""90f0352e-c324-43da-8e38-f774b56a2d93""#, r#""x""#]),
    ("AppName", &[r#""/apps/63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4""#, r#"{"a":1}"#]),
    (
        "AdditionalInfo",
        &[
            r#"{"targetObjectId":"bec33726-2e4f-46c7-b247-29b57c4df65d","permissionType":"CanEdit"}"#,
            r#""{\"targetObjectId\":\"bec33726-2e4f-46c7-b247-29b57c4df65d\",\"permissionType\":\"Owner\"}""#,
            "[1,2.5]",
            "true",
        ],
    ),
    ("FlowDetailsUrl", &[r#""https:\/\/x\/flows\/72f2be4a-78c1-4220-a048-dbf557296a72\/details""#]),
    ("DatasetId", &[r#""cfafbeb1-8037-4d0c-896e-a46fb27ff229""#]),
    ("Datasets", &[r#"[{"DatasetId":"132593c4-bf8d-4548-8f25-1ebb16a1613c"},{}]"#, "[]", "{}"]),
    ("ReportId", &[r#""5b218778-e7a5-4d73-8187-f10824047715""#]),
    ("Message", &[r#""ImportSolution""#, r#""Retrieve""#]),
    ("InstanceUrl", &[r#""https:\/\/contoso.crm.dynamics.com\/""#]),
    ("SystemUserId", &[r#""b0b3f470-4746-4959-91e7-277e7afa2e82""#]),
    (
        "PropertyCollection",
        &[
            r#"[{"Name":"powerplatform.analytics.resource.power_app.id","Value":"63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4"},{"Name":"enduser.id","Value":"90f0352e-c324-43da-8e38-f774b56a2d93"}]"#,
            "[]",
        ],
    ),
    (
        "JsonPropertiesCollection",
        &[
            r#""{\"powerplatform.analytics.resource.cloud_flow.id\":\"72f2be4a-78c1-4220-a048-dbf557296a72\"}""#,
        ],
    ),
    ("creationtime", &[r#""2026-02-04T20:18:56""#]),
    ("objectID", &[r#""bec33726-2e4f-46c7-b247-29b57c4df65d""#]),
    ("PropertyCollectioN", &["[]"]),
    ("OperatioN", &[r#""ViewReport""#]),
    ("RecordTyqe", &["45"]),
    ("JsonPropertiesXollection", &[r#""x""#]),
    ("Other", &[r#"{"deep":[{"Operation":"LaunchPowerApp"}]}"#, "1e5", r#""\ud83d\ude00""#]),
];

/// Names that are no member's, or not quite.
const ODD: [&str; 7] = [
    "UserUPN",
    "creationtime",
    "objectID",
    "PropertyCollectioN",
    "OperatioN",
    "RecordTyqe",
    "JsonPropertiesXollection",
];

/// A record: some members in any order, some of them twice, with white space or not.
fn record() -> impl Strategy<Value = String> {
    let choices: Vec<BoxedStrategy<Option<String>>> = MEMBERS
        .iter()
        .enumerate()
        .map(|(place, (name, values))| {
            let value = prop::sample::select(values.to_vec());
            let member = value.prop_map(move |value| format!("{name:?}:{value}"));
            let weight = match place {
                0..5 => 0.97,
                // One of them, and the whole record goes the general way.
                _ if ODD.contains(name) => 0.04,
                _ => 0.5,
            };
            prop::option::weighted(weight, member).boxed()
        })
        .collect();
    let twice = prop::option::weighted(0.1, 0..MEMBERS.len());
    let members = (choices, twice).prop_map(|(members, twice)| {
        let again = twice.and_then(|place| members[place].clone());
        members.into_iter().flatten().chain(again).collect::<Vec<String>>()
    });
    let separator = prop::sample::select(vec![",", ", ", ",\t"]);
    (members.prop_shuffle(), separator)
        .prop_map(|(members, between)| format!("{{{}}}", members.join(between)))
}

/// What became of the records after the first, as the file's account has it.
fn told((_, account): &(String, Account)) -> String {
    let first = ["operation x", "a role, not activity"];
    let ignored: Vec<_> =
        account.ignored.iter().filter(|(reason, _)| !first.contains(&reason.as_ref())).collect();
    format!("{} {} {ignored:?} {:?}", account.read, account.facts, account.rejects)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A file whose first record is an audit record goes the fast way, one whose first record is of another shape does not.
    #[test]
    fn both_ways_give_the_same(records in prop::collection::vec(record(), 40), declared in any::<bool>()) {
        let tenant = declared.then(|| Id::new("99ca106f-36df-429e-9998-b6131ea7cc86"));
        let context = Context { tenant, ..context() };
        let folder = tempfile::tempdir().unwrap();
        let first = r#"{"Id":"x","CreationTime":"x","Operation":"x","RecordType":1}"#;
        let other = r#"{"principalId":"x","roles":[],"instanceId":"x"}"#;
        let read = |first: &str| {
            let path = folder.path().join("records.jsonl");
            std::fs::write(&path, format!("{first}\n{}\n", records.join("\n"))).unwrap();
            let (lines, accounts) = facts(&[path], &context);
            (lines, told(&accounts[0]))
        };
        prop_assert_eq!(read(first), read(other));
    }

    /// The same where records stand in a wrapping: as text, which goes the fast way, and as an object.
    #[test]
    fn both_ways_give_the_same_in_a_wrapping(records in prop::collection::vec(record(), 40), outer in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let wrapping = if outer {
            r#""RecordId":"r","CreationDate":"2026-02-05T00:00:00Z","Operations":"LaunchPowerApp","UserIds":"z@b.example","#
        } else {
            ""
        };
        let read = |wrapped: &dyn Fn(&str) -> String| {
            let path = folder.path().join("records.jsonl");
            let lines: Vec<String> =
                records.iter().map(|record| format!("{{{wrapping}\"AuditData\":{}}}\n", wrapped(record))).collect();
            std::fs::write(&path, lines.concat()).unwrap();
            let (lines, accounts) = facts(&[path], &context());
            let account = &accounts[0].1;
            (lines, format!("{} {} {:?} {:?}", account.read, account.facts, account.ignored, account.refused))
        };
        let text = read(&|record| serde_json::Value::from(record).to_string());
        prop_assert_eq!(text, read(&str::to_owned));
    }

    /// The same where records stand in a cell. Columns of names that are twice in the header take away the fast way; no row
    /// reaches as far as they are.
    #[test]
    fn both_ways_give_the_same_in_a_cell(
        rows in prop::collection::vec(row(), 40),
        ends in prop::sample::select(vec!["\n", "\r\n"]),
        (mark, last) in (any::<bool>(), any::<bool>()),
        filled in prop::sample::select(vec![0, 0, 0, 0, 0, 0, 0, 262_000]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let read = |others: &str| {
            let header = format!("RecordId,CreationDate,Operation,UserIds,AuditData,{others},last");
            let first = format!("x,x,x,x,{}", quoted(r#"{"Id":"x","CreationTime":"x","Operation":"x","RecordType":1}"#));
            // As many that are alike as bring what follows to where a block ends.
            let alike = std::iter::repeat_n(first.clone(), 1 + filled / (first.len() + ends.len()));
            let lines: Vec<String> = std::iter::once(header).chain(alike).chain(rows.iter().cloned()).collect();
            let mut text = lines.join(ends);
            text.insert_str(0, if mark { "\u{feff}" } else { "" });
            text.push_str(if last { ends } else { "" });
            let path = folder.path().join("records.csv");
            std::fs::write(&path, text).unwrap();
            let (facts, accounts) = facts(&[path], &context());
            let account = &accounts[0].1;
            let counts = (account.read, account.facts, account.ignored.clone(), account.refused.clone());
            (facts, format!("{counts:?} {:?}", account.rejects))
        };
        prop_assert_eq!(read("one,two"), read("service,Service"));
    }
}

/// A table that breaks off is kept as far as it goes, also where a row in doubt stands far before its end.
#[test]
fn both_ways_keep_a_table_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let read = |others: &str| {
        let record = |number: usize| {
            let text = format!(
                r#"{{"Id":"{number}","CreationTime":"2026-03-01T10:00:00","Operation":"LaunchPowerApp","RecordType":45,"UserId":"u{number}"}}"#
            );
            format!("{number},{}", quoted(&text))
        };
        let mut lines = vec![format!("RecordId,AuditData,{others}"), record(0), "x\"y,z".to_owned()];
        lines.extend((1..20_000).map(record));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(lines.join("\n").as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let path = folder.path().join("records.csv.gz");
        std::fs::write(&path, packed.get(..packed.len() - 400).unwrap()).unwrap();
        let (facts, accounts) = facts(&[path], &context());
        let account = &accounts[0].1;
        (facts, account.read, format!("{:?} {:?} {:?}", account.facts, account.refused, account.ignored))
    };
    let (quick, slow) = (read("one"), read("service,Service"));
    assert_eq!(quick, slow);
    assert!(slow.1 > 10_000, "most of it can be read: {} records", slow.1);
}

/// Days are covered the same, however many products and days take turns, and over many blocks.
#[test]
fn both_ways_cover_the_same_days() {
    let folder = tempfile::tempdir().unwrap();
    let records: String = (0..6000)
        .map(|number| {
            let (day, month) = (1 + number % 28, 1 + number / 7 % 2);
            let (kind, operation) = [(45, "LaunchPowerApp"), (30, "EditFlow"), (20, "ViewReport")][number % 3];
            let tenant = 1 + number / 1000 % 3;
            format!(
                r#"{{"Id":"{number}","CreationTime":"2026-{month:02}-{day:02}T10:00:00","Operation":"{operation}","RecordType":{kind},"OrganizationId":"{tenant}557f771-4c8e-4dbd-8b80-dd00a88e833e","ObjectId":"90f0352e-c324-43da-8e38-f774b56a2d93","AppName":"63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4","DatasetId":"cfafbeb1-8037-4d0c-896e-a46fb27ff229","UserId":"a@b.example"}}"#,
            ) + "\n"
        })
        .collect();
    let covered = |first: &str| {
        let path = folder.path().join("records.jsonl");
        std::fs::write(&path, format!("{first}\n{records}")).unwrap();
        let input = inputs(&[path]).unwrap().remove(0);
        let mut facts = 0;
        let (_, covered) = read(&input, None, &context(), &mut |taken| {
            assert!(taken.covered.is_empty(), "there are few days");
            facts += taken.rows.len();
        });
        (facts, covered)
    };
    let quick = covered(r#"{"Id":"x","CreationTime":"x","Operation":"x","RecordType":1}"#);
    assert_eq!((quick.0, quick.1.len() > 200), (6000, true));
    assert_eq!(quick, covered(r#"{"principalId":"x","roles":[],"instanceId":"x"}"#));
}

/// A cell in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A row of a table with a record in its fifth cell, now and then with what nobody should write.
fn row() -> impl Strategy<Value = String> {
    let outer = prop::sample::select(vec![
        "r,2026-02-05T00:00:00Z,LaunchPowerApp,z@b.example",
        r#""r","2026-02-05T00:00:00Z","DOMAIN\u","z""b.example""#,
        "\"r\nr\",,\"\",",
        ",,,",
        "r,,,\u{feff}é",
    ]);
    let broken = prop::sample::select(vec![
        "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "\"", "x", " ", "\0",
        "\r", ",,,,,,",
    ]);
    let behind = prop::sample::select(vec!["", ",", ",a", ",\"\"\"\"", "\r\n\r\n"]);
    let pretty = prop::sample::select(vec![",", ",", ",", ",\n", ",\r\n\t"]);
    (outer, record(), pretty, broken, behind).prop_map(|(outer, record, pretty, broken, behind)| {
        let record = if pretty == "," { record } else { record.replace(",\t", pretty) };
        format!("{outer},{}{broken}{behind}", quoted(&record))
    })
}
