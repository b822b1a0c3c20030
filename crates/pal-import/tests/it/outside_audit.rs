//! Audit records in every container become the same facts.

use std::io::Write;
use std::path::{Path, PathBuf};

use pal_import::outside::{Account, Content, Context, inputs, read};
use pal_rules::time::Timestamp;

pub(crate) fn context() -> Context {
    Context {
        now: Timestamp::parse("2026-03-06T12:00:00Z").unwrap(),
        as_of: None,
        assume_since: None,
        tenant: None,
        environment: None,
        dates: None,
        complete: false,
    }
}

/// The facts of files, as text sorted, and the account of each.
pub(crate) fn facts(paths: &[PathBuf], context: &Context) -> (Vec<String>, Vec<(String, Account)>) {
    let (mut lines, mut accounts) = (Vec::new(), Vec::new());
    for input in inputs(paths).unwrap() {
        let taken = &mut |taken: pal_import::outside::Taken| {
            for (table, row) in taken.rows {
                let cells: Vec<String> = row.values().iter().map(pal_rules::facts::Value::text).collect();
                lines.push(format!("{}: {}", table.name(), cells.join(",")));
            }
        };
        let (account, _) = read(&input, None, context, taken);
        accounts.push((input.name, account));
    }
    lines.sort();
    lines.dedup();
    (lines, accounts)
}

/// What a file of this text becomes: its facts, what was ignored and refused and why, and what is said of it.
pub(crate) fn becomes(text: &str, context: &Context) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, text).unwrap();
    told(&path, context)
}

/// The same of a file that is there.
pub(crate) fn told(path: &Path, context: &Context) -> Vec<String> {
    let (mut lines, accounts) = facts(&[path.to_owned()], context);
    for (_, account) in accounts {
        lines.extend(account.ignored.iter().map(|(reason, count)| format!("ignored {count}: {reason}")));
        lines.extend(account.refused.iter().map(|(reason, count)| format!("refused {count}: {reason}")));
        lines.extend(account.warnings.iter().map(|warning| format!("warning: {warning}")));
    }
    lines
}

const LAUNCH: &str = r#"{"CreationTime":"2026-02-03T20:18:56","Id":"2d2b31a8-471e-48e8-a000-6f2c6d0b45eb","Operation":"LaunchPowerApp","OrganizationId":"1557F771-4c8e-4dbd-8b80-dd00a88e833e","RecordType":45,"UserKey":"a@b.example","UserType":0,"ObjectId":"90f0352e-c324-43da-8e38-f774b56a2d93","UserId":"a@b.example","AdditionalInfo":"{\"environmentName\":\"x\"}","AppName":"/providers/Microsoft.PowerApps/apps/63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4"}"#;
const FACT: &str = "activity: 2026-02-03T20:18:56Z,1557f771-4c8e-4dbd-8b80-dd00a88e833e,63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4,90f0352e-c324-43da-8e38-f774b56a2d93,use";

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zipped(name: &str, text: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(text).unwrap();
    archive.finish().unwrap().into_inner()
}

fn csv_cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[test]
fn a_record_is_the_same_fact_in_every_container() {
    let folder = tempfile::tempdir().unwrap();
    let old = format!(
        "\u{feff}CreationDate,UserIds,Operations,AuditData\r\n2020-04-10T21:05:31.0000000Z ,a,LaunchPowerApp,{}\r\n",
        csv_cell(LAUNCH)
    );
    let twice = csv_cell(&serde_json::to_string(LAUNCH).unwrap());
    let shell = format!(
        "#TYPE Selected.X\r\n\"RecordType\",\"auditdata\",\"Identity\"\r\n\"PowerAppsApp\",{twice},\"1\"\r\n"
    );
    let semicolons = format!("RecordId;AuditData\n1;{}\n", csv_cell(LAUNCH));
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("blob.json", format!("[{LAUNCH}]").into_bytes()),
        ("lines.jsonl", format!("{LAUNCH}\n{LAUNCH}\n").into_bytes()),
        ("one.json", LAUNCH.into()),
        ("space.json", format!("{}{LAUNCH}", " ".repeat(5000)).into_bytes()),
        ("old.csv", old.into_bytes()),
        ("shell.csv", shell.into_bytes()),
        ("semicolons.csv", semicolons.into_bytes()),
        ("graph.json", format!(r#"{{"value":[{{"id":"1","auditData":{LAUNCH}}}]}}"#).into_bytes()),
        ("lines.json.gz", gzipped(LAUNCH)),
        ("all.zip", zipped("deep/lines.json.gz", &gzipped(LAUNCH))),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (facts, accounts) = facts(&[path], &context());
        assert_eq!(facts, [FACT], "{name}: {accounts:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let tell = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (facts, accounts) = facts(&[path], &context());
        let account = &accounts[0].1;
        let reasons: Vec<String> = account.refused.keys().map(ToString::to_string).collect();
        (facts.len(), account.read, reasons.join("; "))
    };
    let lines = format!("{LAUNCH}\n").repeat(5000);
    let mut broken = gzipped(&lines);
    broken.truncate(broken.len() / 2);
    let (facts, read, reasons) = tell("broken.jsonl.gz", &broken);
    assert!(facts == 1 && read > 10 && reasons.contains("breaks off"), "{read} {reasons}");
    assert_eq!(
        tell("utf16.csv", &[0xff, 0xfe, b'a', 0]),
        (0, 1, "the file is UTF-16: save it as UTF-8 (in PowerShell: `-Encoding utf8`)".to_owned())
    );
    let notes = tell("notes.md", b"Notes\nof a folder\nwith many lines\n");
    assert_eq!(notes, (0, 1, "the record is of no kind that is known".to_owned()), "told once");
    assert_eq!(
        tell("other.json", b"{\"hello\":1}"),
        (0, 1, "the record is of no kind that is known".to_owned())
    );
    let nul = format!("{}\n{LAUNCH}", LAUNCH.replace("2d2b31a8", "\0"));
    assert_eq!(tell("nul.jsonl", nul.as_bytes()), (1, 2, "the record is no JSON".to_owned()));
    let late = LAUNCH.replace("2026-02-03", "2027-02-03");
    assert_eq!(
        tell("late.json", late.as_bytes()).2,
        "`CreationTime` is a local date, or none between 2015 and tomorrow: say with `--dates` how it is written"
    );
}

#[test]
fn archives_that_would_not_be_safe_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: Vec<u8>| {
        let path: &Path = &folder.path().join(name);
        std::fs::write(path, bytes).unwrap();
        match inputs(&[path.to_owned()]).unwrap().remove(0).content {
            Content::Refused(reason) => reason,
            other => panic!("{name} is read: {other:?}"),
        }
    };
    let bomb = refused("bomb.zip", zipped("a.json", &vec![b' '; 64 << 20]));
    assert!(bomb.contains("more than 200 times its size"), "{bomb}");
    let climbing = refused("climbing.zip", zipped("../a.json", b"{}"));
    assert!(climbing.contains("leads elsewhere"), "{climbing}");
    assert!(refused("damaged.zip", b"PK\x03\x04rest".to_vec()).contains("damaged or no zip"));
}

#[test]
fn each_day_of_a_product_is_covered_as_far_as_its_records_tell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    let flow = LAUNCH
        .replace("\"RecordType\":45", "\"RecordType\":30")
        .replace("LaunchPowerApp", "EditFlow")
        .replace("\"ObjectId\":\"90f0352e", "\"x\":\"\",\"ObjectId\":\"90f0352e");
    let report = LAUNCH
        .replace("\"RecordType\":45", "\"RecordType\":20")
        .replace("LaunchPowerApp", "ViewReport")
        .replace("2026-02-03T", "2026-02-04T");
    let other = LAUNCH.replace("\"RecordType\":45", "\"RecordType\":6").replace("2026-02-03T", "2026-02-05T");
    std::fs::write(&path, format!("{LAUNCH}\n{LAUNCH}\n{flow}\n{report}\n{other}\n")).unwrap();
    let input = inputs(&[path]).unwrap().remove(0);
    let (_, covered) = read(&input, None, &context(), &mut |_| {});
    let found: Vec<String> = covered
        .iter()
        .map(|day| format!("{} {} {} {}", day.product, day.source, day.actor_basis, day.day))
        .collect();
    // Who runs flows is not in the log, so that its days say nothing about their use.
    assert_eq!(
        found,
        [
            "power_apps_canvas audit observed 2026-02-03",
            "power_automate audit owner_proxy 2026-02-03",
            "power_bi audit observed 2026-02-04",
        ]
    );
}

#[test]
fn made_up_operations_take_no_room() {
    let record =
        |number| format!(r#"{{"CreationTime":"x","Id":"x","Operation":"x{number}","RecordType":1}}"#);
    let lines: Vec<String> = (0..1500).map(record).collect();
    let told = becomes(&lines.join("\n"), &context());
    assert_eq!(told.len(), 1001);
    assert!(told.contains(&"ignored 500: one of many other operations".to_owned()), "{told:?}");
}
