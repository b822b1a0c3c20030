//! `pal solution inspect`: what a package brings, and who holds it before and after an import, in the world of `exports`:
//! Mia made the app and the flow, `svc-partner` (linked to 123456) imported both on 5 January 2026, Ria (linked to 654321)
//! is a co-owner of the app.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::command::{Place, Ran};
use crate::exports::{APP, ENVIRONMENT, FLOW, MIA, RIA, SVC, import, package, written};

const MANIFEST: &str = "<ImportExportXml><SolutionManifest><UniqueName>Sol</UniqueName><Version>1.2</Version>\
    <Managed>0</Managed><Publisher><UniqueName>fabrikam</UniqueName></Publisher><RootComponents>\
    <RootComponent type='1' schemaName='x_table'/><RootComponent type='300' schemaName='x_app'/></RootComponents>\
    </SolutionManifest></ImportExportXml>";
const CUSTOMIZATIONS: &str = "<ImportExportXml><Workflows>\
    <Workflow WorkflowId='{751183fc-db68-ea11-a811-000d3a31cf04}' Name='Sync'><Category>5</Category></Workflow>\
    <Workflow WorkflowId='{751183fc-db68-ea11-a811-000d3a31cf05}' Name='Stages'><Category>4</Category></Workflow>\
    </Workflows><CanvasApps><CanvasApp><Name>x_app</Name><DisplayName>App</DisplayName></CanvasApp></CanvasApps>\
    <AppModules><AppModule><UniqueName>x_desk</UniqueName></AppModule></AppModules></ImportExportXml>";

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[track_caller]
fn inspect(place: &Place, arguments: &[&str], code: i32) -> Ran {
    place.pal(&[&["solution", "inspect", "package.zip"], arguments].concat()).exits(code)
}

/// The world of `exports`, imported, with its package beside it.
fn world() -> Place {
    let place = written();
    import(&place, "exports", 0);
    place.write("package.zip", package());
    place
}

/// Of each component the resource, who holds it for which partner, and who would.
fn held(ran: &Ran) -> Vec<[String; 5]> {
    let columns =
        ["resource_id", "holder_object_id", "holder_partner_id", "after_object_id", "after_partner_id"];
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let json = ran.json();
    let components = json["components"].as_array().unwrap().iter();
    components.map(|component| columns.map(|column| text(&component[column]))).collect()
}

#[test]
fn a_package_alone_says_what_it_brings() {
    let place = Place::new();
    let entries = [("solution.xml", MANIFEST), ("customizations.xml", CUSTOMIZATIONS)];
    place.write("package.zip", zipped(&entries.map(|(name, text)| (name, text.as_bytes()))));
    let ran = inspect(&place, &[], 0).tells("no workspace here");
    let answer = ran.json();
    let said = ["solution", "version", "managed", "publisher"].map(|key| answer[key].clone());
    assert_eq!(said, ["Sol".into(), "1.2".into(), Value::Bool(false), "fabrikam".into()]);
    let components = answer["components"].as_array().unwrap().iter();
    let components: Vec<[&Value; 4]> =
        components.map(|component| ["product", "name", "key", "root"].map(|key| &component[key])).collect();
    assert_eq!(
        serde_json::to_string(&components).unwrap(),
        "[[\"power_apps_canvas\",\"App\",\"x_app\",true],\
         [\"power_apps_model_driven\",\"x_desk\",\"x_desk\",false],\
         [\"power_automate\",\"Sync\",\"751183fc-db68-ea11-a811-000d3a31cf04\",false]]"
    );
    let why = "it is of a kind that is not attributed";
    let ignored = serde_json::json!([
        { "kind": "business process flow", "count": 1, "why": why },
        { "kind": "table", "count": 1, "why": why },
    ]);
    assert_eq!(answer["ignored"], ignored);
    let table = inspect(&place, &["-o", "table"], 0).stdout;
    assert!(table.starts_with("Sol 1.2, unmanaged, of publisher fabrikam\n"), "{table}");
    assert!(table.contains("\nNot attributed\n"), "{table}");
    // What only a workspace knows needs one.
    inspect(&place, &["--as", "mia"], 3).tells("pal init");
    inspect(&place, &["--data", "elsewhere"], 3).tells("elsewhere");
}

#[test]
fn a_workspace_says_where_it_is_and_who_holds_it() {
    let place = world();
    let there = |resource: &str| [resource, SVC, "123456", "-", "-"].map(str::to_owned);
    let ran = inspect(&place, &[], 0);
    assert_eq!(held(&ran), [there(APP), there(FLOW)]);
    let first = &ran.json()["components"][0];
    assert_eq!(first["environment_id"], ENVIRONMENT);
    assert_eq!(
        (&first["holder_basis"], &first["holder_since"]),
        (&"importer".into(), &"2026-01-05T10:15:00Z".into())
    );
    for environment in [ENVIRONMENT, "contoso prod", "https://contoso.crm.dynamics.com/"] {
        assert_eq!(held(&inspect(&place, &["--environment", environment], 0)), [there(APP), there(FLOW)]);
    }
    inspect(&place, &["--environment", "Fabrikam"], 3).tells("no environment has `Fabrikam`");
    // Before the import both were their creator's, who is not linked.
    let ran = inspect(&place, &["--at", "2026-01-01T00:00:00Z"], 0);
    let made = |resource: &str| [resource, MIA, "-", "-", "-"].map(str::to_owned);
    assert_eq!(held(&ran), [made(APP), made(FLOW)]);
    let components = ran.json()["components"].clone();
    assert_eq!([&components[0]["holder_basis"], &components[1]["holder_basis"]], ["owner", "creator"]);
    assert_eq!(components[0]["holder_reason"], "not_linked");
}

#[test]
fn an_import_that_is_only_supposed_follows_the_same_rules() {
    let place = world();
    let after = |now: (&str, &str), then: (&str, &str)| {
        [APP, FLOW].map(|resource| [resource, now.0, now.1, then.0, then.1].map(str::to_owned))
    };
    // An account that counts takes both over, whatever it is called by.
    for ria in [RIA, "Ria", "ria_northwind.example#EXT#@contoso.onmicrosoft.com", "ria@northwind.example"] {
        assert_eq!(
            held(&inspect(&place, &["--as", ria], 0)),
            after((SVC, "123456"), (RIA, "654321")),
            "{ria}"
        );
    }
    // One that does not count takes nothing from an importer that does (D2), but does from a creator.
    let mia = inspect(&place, &["--as", "mia@contoso.onmicrosoft.com"], 0);
    assert_eq!(held(&mia), after((SVC, "123456"), (SVC, "123456")));
    let early = ["--at", "2025-12-01T00:00:00Z", "--as"];
    let svc = inspect(&place, &[early.as_slice(), &["svc partner"]].concat(), 0);
    assert_eq!(held(&svc), after((MIA, "-"), (SVC, "123456")));
    let ben = "bec33726-2e4f-46c7-b247-29b57c4df65d";
    let unlinked = inspect(&place, &[early.as_slice(), &[ben]].concat(), 0);
    assert_eq!(held(&unlinked), after((MIA, "-"), (ben, "-")));
    assert_eq!(unlinked.json()["components"][0]["after_reason"], "not_linked");
    let table = inspect(&place, &["--as", "Ria", "-o", "table"], 0).stdout;
    assert!(table.contains("THEN HELD BY") && table.contains("partner id 654321"), "{table}");
    inspect(&place, &["--as", "Nobody"], 3).tells("no account of ").tells("is called `Nobody`");
    inspect(&place, &["--as", "x@y.example"], 0).tells("warning: `x@y.example` is not in the directory");
}

#[test]
fn what_is_supposed_is_what_happens() {
    let place = world();
    let at = "2026-02-20T00:00:00Z";
    let supposed = held(&inspect(&place, &["--as", RIA, "--at", at], 0));
    let header = "import_id,environment_id,solution,version,managed,object_id,result,completed_at";
    let row = format!("job-9,{ENVIRONMENT},contosofinance,1.4,true,{RIA},succeeded,{at}");
    place.write("later/solution_imports.csv", format!("{header}\n{row}\n"));
    place.pal(&["import", "facts", "later"]).exits(0);
    let ran = inspect(&place, &["--at", "2026-02-20T00:00:01Z"], 0);
    let then: Vec<[String; 2]> =
        held(&ran).into_iter().map(|[_, object, partner, ..]| [object, partner]).collect();
    let told: Vec<[String; 2]> =
        supposed.into_iter().map(|[.., object, partner]| [object, partner]).collect();
    assert_eq!(then, told);
}

#[test]
fn what_is_nowhere_yet_is_told() {
    let place = world();
    let entries = [
        ("solution.xml", MANIFEST),
        (
            "customizations.xml",
            "<ImportExportXml><AppModules><AppModule>\
        <UniqueName>x_new</UniqueName></AppModule></AppModules></ImportExportXml>",
        ),
    ];
    place.write("package.zip", zipped(&entries.map(|(name, text)| (name, text.as_bytes()))));
    let ran = inspect(&place, &["--as", RIA], 0).tells("nothing of the package is in any environment");
    assert_eq!(held(&ran), [["-"; 5].map(str::to_owned)]);
    inspect(&place, &["--environment", "Contoso Prod"], 0).tells("nothing of the package is in Contoso Prod");
}

/// Lets the list of an archive say of every entry that it is as large as this, packed and unpacked.
fn claiming(mut archive: Vec<u8>, packed: u32, size: u32) -> Vec<u8> {
    let heads: Vec<usize> =
        archive.windows(4).enumerate().filter(|(_, four)| four == b"PK\x01\x02").map(|(at, _)| at).collect();
    for head in heads {
        archive[head + 20..head + 24].copy_from_slice(&packed.to_le_bytes());
        archive[head + 24..head + 28].copy_from_slice(&size.to_le_bytes());
    }
    archive
}

#[test]
fn a_package_that_is_not_safe_is_refused() {
    let place = Place::new();
    let (solution, other) = (("solution.xml", MANIFEST.as_bytes()), ("customizations.xml", &b"<a/>"[..]));
    let refuses = |bytes: Vec<u8>, why: &str| {
        place.write("package.zip", bytes);
        inspect(&place, &[], 2).tells(why).tells("hint: ");
    };
    refuses(zipped(&[solution, other, ("../x", b"")]), "leads elsewhere");
    for name in ["/etc/x", "C:\\x", "\\\\server\\x", "a\\..\\..\\x"] {
        refuses(zipped(&[solution, other, (name, b"")]), "leads elsewhere");
    }
    refuses(
        zipped(&[solution, ("customizations.xml", &vec![b' '; 64 << 20])]),
        "more than 200 times its size",
    );
    let names: Vec<String> = (0..100_001).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refuses(zipped(&many), "more than 100000");
    let names: Vec<String> = (0..20).map(|number| format!("{number}.bin")).collect();
    let large = [
        &[solution, other],
        names.iter().map(|name| (name.as_str(), &b""[..])).collect::<Vec<_>>().as_slice(),
    ]
    .concat();
    refuses(claiming(zipped(&large), 32 << 20, u32::MAX - 1), "GiB in all");
    let entity = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    refuses(zipped(&[("solution.xml", entity.as_bytes()), other]), "document type");
    refuses(zipped(&[("readme.txt", b"no package")]), "no whole `solution.xml`");
    refuses(b"PK\x03\x04 and nothing more".to_vec(), "damaged or no zip archive");
    place.pal(&["solution", "inspect", "nowhere.zip"]).exits(3);
}
