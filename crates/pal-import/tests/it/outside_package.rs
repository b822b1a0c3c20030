//! Solution packages say what an import brings; what is no whole, safe package is refused.

use std::io::Write;
use std::path::Path;

use pal_import::outside::package::{self, Component};
use pal_import::outside::{Package, part};
use pal_rules::id::Id;

use crate::outside_dataverse::{declared, told_of};

const MANIFEST: &str = "<SolutionManifest><UniqueName>Sol</UniqueName><Version>1.4</Version><Managed>1</Managed><Publisher><UniqueName>pub</UniqueName></Publisher><RootComponents>ROOTS</RootComponents></SolutionManifest>";

fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    packed(entries, zip::CompressionMethod::Deflated)
}

fn packed(entries: &[(&str, &str)], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn opened(bytes: &[u8]) -> Result<Package, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.zip");
    std::fs::write(&path, bytes).unwrap();
    package::open(&path).map_err(|error| error.to_string())
}

fn solution(roots: &str) -> String {
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><ImportExportXml>{}</ImportExportXml>",
        MANIFEST.replace("ROOTS", roots)
    )
}

fn shown(package: &Package) -> (Vec<String>, Vec<String>) {
    let component = |component: &Component| {
        let root = if component.root { "root" } else { "with another" };
        format!("{}: {} ({}, {root})", component.kind.as_str(), component.key, component.name)
    };
    let ignored = package.ignored.iter().map(|what| format!("{} {}: {}", what.count, what.kind, what.why));
    (package.components.iter().map(component).collect(), ignored.collect())
}

#[test]
fn a_package_has_what_can_be_attributed_root_or_not() {
    let roots = "<RootComponent type='29' id='{311BCA28-f92b-ea11-a810-000d3a31c867}'/><RootComponent type='29' id='{311bca28-f92b-ea11-a810-000d3a31c868}'/><RootComponent type='300' schemaName='x_lost'/><RootComponent type='1' schemaName='x_t'/><RootComponent type='1' schemaName='x_u'/>";
    let customizations = "<importexportxml><workflows><workflow workflowid='{311bca28-f92b-ea11-a810-000d3a31c867}' name='A &amp; B'><category>5</category></workflow><workflow workflowid='{311bca28-f92b-ea11-a810-000d3a31c868}'><category>2</category></workflow></workflows><AppModules><AppModule><UniqueName>x_M</UniqueName><LocalizedNames><LocalizedName description='M' languagecode='1033'/></LocalizedNames></AppModule></AppModules><CanvasApps><CanvasApp><Name>x_Page</Name><CanvasAppType>2</CanvasAppType></CanvasApp><CanvasApp><Name>x_App</Name><DisplayName>App</DisplayName><CanvasAppType>0</CanvasAppType></CanvasApp></CanvasApps></importexportxml>";
    let package =
        opened(&zipped(&[("Solution.XML", &solution(roots)), ("Customizations.xml", customizations)]))
            .unwrap();
    assert_eq!(
        (package.unique_name.as_str(), package.version.as_str(), package.managed, package.publisher.as_str()),
        ("Sol", "1.4", Some(true), "pub")
    );
    let (components, ignored) = shown(&package);
    assert_eq!(
        components,
        [
            "power_apps_canvas: x_App (App, with another)",
            "power_apps_model_driven: x_M (M, with another)",
            "power_automate: 311bca28-f92b-ea11-a810-000d3a31c867 (A & B, root)",
        ]
    );
    assert_eq!(
        ignored,
        [
            "1 business rule: it is of a kind that is not attributed",
            "1 custom page: it is of a kind that is not attributed",
            "1 power_apps_canvas: `customizations.xml` does not describe it",
            "2 table: it is of a kind that is not attributed",
        ]
    );
    let rows = part::components(&Id::new("job"), &Id::new("env"), &package);
    let ids: Vec<String> = rows.iter().map(|(_, row)| row.id(1).unwrap().to_string()).collect();
    assert_eq!(ids, ["name:env/311bca28-f92b-ea11-a810-000d3a31c867", "name:env/x_app", "name:env/x_m"]);
}

#[test]
fn what_is_no_whole_and_safe_package_is_refused() {
    let refused = |solution: &str, customizations: &str| {
        opened(&zipped(&[("solution.xml", solution), ("customizations.xml", customizations)])).unwrap_err()
    };
    let whole = solution("");
    let tell = |text: &str, part: &str| assert!(text.contains(part), "{text}: {part}");
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    tell(&refused(outside, "<a/>"), "document type");
    let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
    tell(&refused(&whole, laughs), "document type");
    tell(&refused(&whole, "<a>&b;</a>"), "entity");
    tell(&refused(&whole, "<a b='&c;'/>"), "entity");
    tell(&refused(&whole, "<a><b></a>"), "broken or breaks off");
    tell(&refused(&whole, "<a><b>"), "broken or breaks off");
    tell(&refused(&whole, ""), "broken or breaks off");
    tell(&refused(&whole, &"<a>".repeat(100_000)), "nested deeper");
    let long = format!("<a>{}</a>", "x".repeat(17 << 20));
    let entries = [("solution.xml", whole.as_str()), ("customizations.xml", long.as_str())];
    let stored = packed(&entries, zip::CompressionMethod::Stored);
    tell(&opened(&stored).unwrap_err(), "tag or text longer");
    tell(&refused("<ImportExportXml/>", "<a/>"), "does not name a solution");
    tell(&opened(&zipped(&[("solution.xml", &whole)])).unwrap_err(), "no whole `customizations.xml`");
    let climbing = zipped(&[("solution.xml", &whole), ("customizations.xml", "<a/>"), ("../x", "")]);
    tell(&opened(&climbing).unwrap_err(), "leads elsewhere");
    let bomb = zipped(&[("solution.xml", &whole), ("customizations.xml", &" ".repeat(64 << 20))]);
    tell(&opened(&bomb).unwrap_err(), "more than 200 times its size");
    let mut cut = zipped(&[("solution.xml", &whole), ("customizations.xml", "<a/>")]);
    cut.truncate(cut.len() / 2);
    tell(&opened(&cut).unwrap_err(), "damaged or no zip archive");
}

/// The folder of samples, somewhere above; none, said aloud, where it is not there.
pub(crate) fn samples() -> Option<std::path::PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = here.map(|folder| folder.join("shared/data/samples")).find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: no samples are there");
    }
    found
}

#[test]
fn the_sample_packages_are_read() {
    let Some(samples) = samples() else { return };
    let audit = samples.join("solutions/CenterofExcellenceAuditComponents_1_14_managed.zip");
    let package = package::open(&audit).unwrap();
    assert_eq!((package.version.as_str(), package.publisher.as_str()), ("1.14", "powerplatformadmin"));
    let (components, ignored) = shown(&package);
    assert_eq!(components.len(), 7);
    assert_eq!(
        components[..3],
        [
            "power_apps_canvas: admin_powerappcreatorportal_046cc (Developer Compliance Center, root)",
            "power_apps_model_driven: admin_AppArchiveandCleanUpView (App Archive and Clean Up View, root)",
            "power_automate: 10610458-cbee-e911-a86a-000d3a37207b (Admin | App Archive and Clean Up - Start Approval, root)",
        ]
    );
    assert_eq!(
        ignored,
        [
            "1 business process flow: it is of a kind that is not attributed",
            "5 environment variable: it is of a kind that is not attributed",
            "1 site map: it is of a kind that is not attributed",
            "2 table: it is of a kind that is not attributed",
        ]
    );
    let empty =
        package::open(&samples.join("solutions/TerraformSolutionExample_1_0_0_1_managed.zip")).unwrap();
    assert_eq!((empty.components.len(), empty.managed), (0, Some(true)));
    assert_eq!(told_of(&audit, &declared()), ["package: CenterofExcellenceAuditComponents,1.14"]);
}
