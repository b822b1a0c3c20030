//! Audit records to measure with, as JSON lines, as one list and as the portal's CSV, and how fast they are read.
//!
//! `outside_speed generate jsonl|json|csv MEGABYTES FILE` makes a file from a fixed seed, of records as a tenant has them: of
//! ten, four of Power Apps and Power BI that become facts, and six of Dataverse, `SharePoint` and Teams that do not.
//! `outside_speed read FILE` reads it, and prints what came of it as JSON. `benches/import.py` calls both.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "a measurement needs the clock")]
#![expect(clippy::print_stdout, reason = "the figures")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use pal_import::outside::{Context, inputs, read};
use pal_rules::time::Timestamp;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", form @ ("jsonl" | "json" | "csv"), megabytes, file] => {
            generate(Path::new(file), megabytes.parse::<u64>()? * 1_000_000, form)
        }
        ["read", file] => measure(Path::new(file)),
        _ => Err("generate jsonl|json|csv MEGABYTES FILE, or read FILE".into()),
    }
}

fn measure(path: &Path) -> Outcome<()> {
    let context = Context {
        now: Timestamp::parse("2026-03-06T12:00:00Z").ok_or("no time")?,
        as_of: None,
        assume_since: None,
        tenant: None,
        environment: None,
        dates: None,
        complete: false,
    };
    for input in inputs(&[path.to_owned()])? {
        let mut rows = 0;
        let begun = Instant::now();
        let (account, _) = read(&input, None, &context, &mut |taken| rows += taken.rows.len());
        println!(
            r#"{{"micros":{},"read":{},"facts":{},"rows":{rows},"ignored":{},"refused":{}}}"#,
            begun.elapsed().as_micros(),
            account.read,
            account.facts,
            account.ignored.values().sum::<u64>(),
            account.refused.values().sum::<u64>(),
        );
    }
    Ok(())
}

/// splitmix64, and the ids and times made of it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn id(&mut self, kinds: u64) -> String {
        let number = if kinds == 0 { self.next() } else { self.below(kinds) };
        format!("{:08x}-4c8e-4dbd-8b80-{:012x}", number >> 32, number & 0xffff_ffff)
    }
}

const TENANT: &str = "1557f771-4c8e-4dbd-8b80-dd00a88e833e";

fn generate(path: &Path, size: u64, form: &str) -> Outcome<()> {
    let mut random = Random(3);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (begin, end) = match form {
        "csv" => ("RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits\n", ""),
        "json" => ("[", "]\n"),
        _ => ("", ""),
    };
    file.write_all(begin.as_bytes())?;
    let mut written = 0;
    while written < size {
        let mut line = record(&mut random);
        if form == "csv" {
            let quoted = line.trim_end().replace('"', "\"\"");
            line = format!("1,2026-02-03T20:18:56.0000000Z ,45,x,a@b.example,\"{quoted}\",\n");
        }
        if form == "json" && written > 0 {
            line.insert(0, ',');
        }
        file.write_all(line.as_bytes())?;
        written += u64::try_from(line.len())?;
    }
    file.write_all(end.as_bytes())?;
    file.flush()?;
    Ok(())
}

fn record(random: &mut Random) -> String {
    let (day, hour) = (1 + random.below(28), random.below(24));
    let at = format!("2026-02-{day:02}T{hour:02}:{:02}:{:02}", random.below(60), random.below(60));
    let (id, user) = (random.id(0), random.below(5000));
    let head = |operation: &str, kind: u32, workload: &str| {
        format!(
            "{{\"CreationTime\":\"{at}\",\"Id\":\"{id}\",\"Operation\":\"{operation}\",\"OrganizationId\":\"{TENANT}\",\
             \"RecordType\":{kind},\"ResultStatus\":\"Success\",\"UserKey\":\"user{user}@contoso.onmicrosoft.com\",\
             \"UserType\":0,\"Version\":1,\"Workload\":\"{workload}\",\"ClientIP\":\"203.0.113.{}\",\
             \"UserId\":\"user{user}@contoso.onmicrosoft.com\"",
            user % 256
        )
    };
    match random.below(10) {
        0..3 => {
            let operations = ["LaunchPowerApp", "LaunchPowerApp", "LaunchPowerApp", "UpdatePowerApp"];
            let operation = operations.get(usize::try_from(random.below(4)).unwrap_or(0)).unwrap_or(&"");
            let (app, environment) = (random.id(300), random.id(20));
            let actor = format!("{user:08x}-4c8e-4dbd-8b80-000000000001");
            format!(
                "{},\"ObjectId\":\"{actor}\",\"AdditionalInfo\":{{\"environmentName\":\"{environment}\"}},\
                 \"AppName\":\"{app}\"}}\n",
                head(operation, 45, "PowerApps")
            )
        }
        3 => {
            let (dataset, report, workspace) = (random.id(200), random.id(400), random.id(30));
            format!(
                "{},\"UserAgent\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\",\"Activity\":\"ViewReport\",\
                 \"ItemName\":\"Sales\",\"WorkSpaceName\":\"Sales Prod\",\"DatasetName\":\"Sales\",\"ReportName\":\"Sales\",\
                 \"WorkspaceId\":\"{workspace}\",\"ObjectId\":\"Sales\",\"DatasetId\":\"{dataset}\",\"ReportId\":\"{report}\",\
                 \"ReportType\":\"PowerBIReport\",\"IsSuccess\":true,\"ConsumptionMethod\":\"Power BI Web\"}}\n",
                head("ViewReport", 20, "PowerBI")
            )
        }
        4..7 => format!(
            "{},\"ObjectId\":\"Retrieve account\",\"CrmOrganizationUniqueName\":\"orgb624ecfb\",\"Fields\":[],\
             \"InstanceUrl\":\"https:\\/\\/contoso.crm.dynamics.com\\/\",\"ItemType\":\"Dynamics365\",\
             \"ItemUrl\":\"https:\\/\\/contoso.crm.dynamics.com\\/main.aspx?etn=account&pagetype=entityrecord\",\
             \"UserAgent\":\"Mozilla/5.0\",\"CorrelationId\":\"{}\",\"EntityId\":\"{}\",\"EntityName\":\"account\",\
             \"Message\":\"Retrieve\",\"Query\":\"<fetch version='1.0'><entity name='account'/></fetch>\",\
             \"QueryResults\":\"\",\"ServiceContextId\":\"00000000-0000-0000-0000-000000000000\",\
             \"ServiceName\":\"Dynamics365\",\"SystemUserId\":\"{}\",\"UserUpn\":\"user{user}@contoso.onmicrosoft.com\"}}\n",
            head("CrmDefaultActivity", 21, "CRM"),
            random.id(0),
            random.id(0),
            random.id(5000)
        ),
        7..9 => format!(
            "{},\"ObjectId\":\"https://contoso.sharepoint.com/sites/x/Shared Documents/{}.docx\",\"EventSource\":\"SharePoint\",\
             \"ItemType\":\"File\",\"ListId\":\"{}\",\"Site\":\"{}\",\"UserAgent\":\"NONISV|Contoso|ContosoApp/1.0\",\
             \"AppAccessContext\":{{\"ClientAppId\":\"{}\",\"CorrelationId\":\"{}\"}},\"SourceFileExtension\":\"docx\",\
             \"SiteUrl\":\"https://contoso.sharepoint.com/sites/x/\",\"HighPriorityMediaProcessing\":false}}\n",
            head("FileAccessed", 6, "SharePoint"),
            random.below(10_000),
            random.id(50),
            random.id(50),
            random.id(9),
            random.id(0)
        ),
        _ => format!(
            "{},\"ItemName\":\"{}\",\"CommunicationType\":\"GroupChat\",\"ExtraProperties\":[{{\"Key\":\"TimeZone\",\
             \"Value\":\"Europe/Berlin\"}},{{\"Key\":\"OsName\",\"Value\":\"windows\"}}]}}\n",
            head("MessageSent", 25, "MicrosoftTeams"),
            random.id(0)
        ),
    }
}
