//! Files that are broken or meant to do harm: each is refused by name with what to do about it, the rest of the run is
//! imported, and the command says that some items failed. Nothing is unpacked or held beyond its bounds.

use std::io::{Cursor, Write};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use zip::write::SimpleFileOptions;

use crate::command::{Place, Ran};

/// A record that is as it should be, which comes with every hostile file.
const GOOD: &str = r#"{"CreationTime":"2026-02-03T20:18:56","Id":"2d2b31a8-471e-48e8-a000-6f2c6d0b45eb","Operation":"LaunchPowerApp","OrganizationId":"1557f771-4c8e-4dbd-8b80-dd00a88e833e","RecordType":45,"UserType":0,"UserId":"a@b.example","AppName":"63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4"}"#;

/// The most memory that reading may take, in KiB: with more the command could not go on.
const MEMORY: &str = "524288";

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn solution(xml: &str) -> Vec<u8> {
    zipped(&[("solution.xml", xml.as_bytes()), ("customizations.xml", b"<ImportExportXml/>")])
}

fn spreadsheet(sheet: &str) -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let main = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;
    let linked = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let book = format!(
        r#"<workbook {main} xmlns:r="{linked}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let relations = format!(
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{linked}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let sheet = format!("<worksheet {main}>{sheet}</worksheet>");
    let root =
        relations.replace("/worksheet\"", "/officeDocument\"").replace("worksheets/sheet1", "xl/workbook");
    zipped(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// Imports a folder with a good file and a hostile one, with no more memory than it may take.
fn imported(name: &str, bytes: &[u8]) -> (Place, Ran) {
    let place = Place::with_workspace();
    place.write(&format!("exports/{name}"), bytes);
    place.write("exports/zz-good.jsonl", GOOD.replace("2d2b31a8", "ffffffff"));
    let words = ["import", "auto", "exports", "-o", "json"];
    let ran = Ran::of(&words, &mut limited(&place, &words));
    (place, ran)
}

fn limited(place: &Place, words: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    let line = format!("ulimit -v $((2 * {MEMORY})) && exec \"$0\" \"$@\"");
    shell.args(["-c", &line, env!("CARGO_BIN_EXE_pal")]).args(words);
    shell.env_clear().env("PATH", "/usr/bin:/bin").current_dir(place.path(""));
    shell
}

/// The hostile file is refused with these words, the good one imported.
#[track_caller]
fn refused(name: &str, bytes: &[u8], words: &str) {
    let (place, ran) = imported(name, bytes);
    let ran = ran.exits(6).tells(words);
    let file = name.split('!').next().unwrap();
    ran.clone().tells(&format!("refused: exports/{file}"));
    let files = ran.json()["files"].as_array().unwrap().clone();
    let good = files.last().unwrap();
    assert_eq!((&good["file"], &good["kept"]), (&"exports/zz-good.jsonl".into(), &1.into()), "{files:?}");
    for file in &files {
        let number = |key: &str| file[key].as_u64().unwrap();
        let sum: u64 = ["kept", "repeated", "ignored", "refused"].into_iter().map(number).sum();
        assert_eq!(number("read"), sum, "{file}");
    }
    let rejects = place.pal(&["import", "rejects"]).exits(0).json();
    assert!(rejects["rejects"].as_array().is_some_and(|rejects| !rejects.is_empty()), "{rejects}");
}

#[test]
fn archives_that_grow_or_lead_elsewhere_are_not_unpacked() {
    let bomb = vec![b' '; 64 << 20];
    let unpack = "if you trust it, unpack it yourself and name the folder";
    refused("bomb.zip", &zipped(&[("a.json", &bomb)]), "more than 200 times its size");
    let many: Vec<(String, Vec<u8>)> = (0..8).map(|n| (format!("{n}.json"), vec![b' '; 15 << 20])).collect();
    let many: Vec<(&str, &[u8])> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    refused("many.zip", &zipped(&many), unpack);
    refused("climbing.zip", &zipped(&[("../../a.json", b"{}")]), "a name that leads elsewhere");
    refused("root.zip", &zipped(&[("/etc/a.json", b"{}")]), "a name that leads elsewhere");
    refused("bomb.jsonl.gz", &gzipped(&bomb), "grows to more than 200 times its size");
    refused("packed.zip", &zipped(&[("bomb.jsonl.gz", &gzipped(&bomb))]), unpack);
    let inner = zipped(&[("b.zip", &zipped(&[("c.json", b"{}")]))]);
    refused("nested.zip", &zipped(&[("a.zip", &inner)]), "an archive or a spreadsheet within an archive");
}

#[test]
fn what_the_list_of_an_archive_says_is_not_believed() {
    // The list says that the entry has a byte less, or another checksum; or that two entries are the same bytes.
    let whole = zipped(&[("a.jsonl", GOOD.as_bytes()), ("b.jsonl", GOOD.as_bytes())]);
    let lists: Vec<usize> = (0..whole.len()).filter(|at| whole[*at..].starts_with(b"PK\x01\x02")).collect();
    let changed = |from: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[from..from + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let size = u32::try_from(GOOD.len() - 1).unwrap().to_le_bytes();
    refused("short.zip", &changed(lists[0] + 24, &size), "breaks off or is damaged");
    refused("checksum.zip", &changed(lists[0] + 16, &[0; 4]), "breaks off or is damaged");
    refused("shared.zip", &changed(lists[1] + 42, &[0; 4]), "share bytes");
    refused("encrypted.zip", &changed(lists[1] + 8, &[1]), "is encrypted");
    refused("cut.zip", &whole[..whole.len() - 30], "damaged or no zip");
}

#[test]
fn a_compressed_file_that_breaks_off_is_kept_as_far_as_it_goes() {
    let other = |number: u32| GOOD.replace("2d2b31a8", &format!("{number:08x}")) + "\n";
    let lines: String = (0..5000).map(other).collect();
    let mut cut = gzipped(lines.as_bytes());
    cut.truncate(cut.len() / 2);
    refused("cut.jsonl.gz", &cut, "breaks off or is damaged: fetch it again");
    let (_, ran) = imported("cut.jsonl.gz", &cut);
    let kept = ran.json()["files"][0]["kept"].as_u64().unwrap();
    assert!((1000..5000).contains(&kept), "{kept}");
}

#[test]
fn json_without_end_or_bottom_is_passed_over() {
    refused("deep.json", "[".repeat(20 << 20).as_bytes(), "the file ends before its JSON does");
    let deep = format!("[{}{},{GOOD}]", "[".repeat(9 << 20), "]".repeat(9 << 20));
    refused("long.json", deep.as_bytes(), "the record is longer than 8 MiB");
    refused(
        "deep.jsonl",
        format!("{GOOD}\n{}\n", "{\"a\":".repeat(5000)).as_bytes(),
        "nested deeper than 128",
    );
    refused("deeper.json", "[".repeat(100_000).as_bytes(), "the file ends before its JSON does");
    let closed = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    refused("closed.json", closed.as_bytes(), "nested deeper than 128");
    let long = format!("{GOOD}\n{{\"a\":\"{}\"}}\n{GOOD}\n", "x".repeat(9 << 20));
    refused("long.jsonl", long.as_bytes(), "the line is longer than 8 MiB");
    let text = "x".repeat(9 << 20);
    refused("text.csv", text.as_bytes(), "longer than 8 MiB");
    let (_, ran) = imported("text.txt", text.as_bytes());
    ran.exits(0).tells("warning: exports/text.txt: not an export");
    // What takes most room when it is parsed.
    let wide = format!("[{{\"a\":[{}0]}}]", "0,".repeat(4_000_000));
    let (_, ran) = imported("wide.json", wide.as_bytes());
    ran.exits(0).tells("warning: exports/wide.json: not an export that pal knows");
}

#[test]
fn what_is_no_utf_8_is_told_how_to_become_it() {
    let utf_16 = |order: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{GOOD}").encode_utf16().flat_map(order).collect()
    };
    let save = "the file is UTF-16: save it as UTF-8";
    refused("little.json", &utf_16(u16::to_le_bytes, "\u{feff}"), save);
    refused("big.json", &utf_16(u16::to_be_bytes, "\u{feff}"), save);
    refused("unmarked.csv", &utf_16(u16::to_le_bytes, ""), save);
    let latin = [&GOOD.as_bytes()[..20], b"\xe9", &GOOD.as_bytes()[21..]].concat();
    refused("latin.json", &latin, "the record is no JSON");
    refused(
        "latin.csv",
        b"TenantId,ObjectId,MPN ID\n\xe9,b,c\n",
        "the row is not UTF-8: save the file as UTF-8",
    );
}

#[test]
fn zero_bytes_are_refused_and_never_stored() {
    let nul = format!("{GOOD}\n{}\n", GOOD.replace("Operation", "Oper\0ation"));
    refused("nul.jsonl", nul.as_bytes(), "the record is no JSON");
    refused("nul.csv", b"Tenant ID,Object ID,MPN ID\na,b\0,c\n", "the row has a zero byte");
    refused("zeros.json", &[0; 4096], "empty but for zeros");
    // Written as JSON writes it, it must not get into the workspace, which could not be read any more.
    for (from, to) in [("a@b.example", "a\\u0000@b.example"), ("2d2b31a8", "\\u00002d"), ("a@b.example", "")]
    {
        for operation in ["LaunchPowerApp", "CreatePowerApp"] {
            let record = GOOD.replace(from, to).replace("LaunchPowerApp", operation);
            let (place, _) = imported("escaped.jsonl", record.as_bytes());
            place.write("facts/principals.csv", "tenant_id,object_id,kind\n");
            place.write(
                "facts/resources.csv",
                "resource_id,product,tenant_id,environment_id,name,created_at\n",
            );
            place.pal(&["import", "facts", "facts"]).exits(0);
            place.pal(&["preview", "2026-02"]).exits(0);
        }
    }
}

#[test]
fn entities_of_xml_are_not_expanded() {
    let outside =
        r#"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ImportExportXml>&x;</ImportExportXml>"#;
    refused("outside.zip", &solution(outside), "its XML has a document type, which no export has");
    let levels: Vec<String> = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", "&l0;".repeat(10))).collect();
    let laughs = format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{}]><a>&l9;</a>", levels.concat());
    refused("laughs.zip", &solution(&laughs), "its XML has a document type, which no export has");
    refused("deep.zip", &solution(&"<a>".repeat(300_000)), "nested deeper than 200 elements");
    let attributes: Vec<String> = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    let attributes = format!("<a{}/>", attributes.concat());
    refused("attributes.zip", &solution(&attributes), "an element with more than 1000 attributes");
}

#[test]
fn tables_without_bounds_are_bounded() {
    let open = format!("Tenant ID,Object ID,MPN ID\na,b,\"{}", "x,y\n".repeat(3 << 20));
    refused("open.csv", open.as_bytes(), "a quote in it is never closed");
    refused("wide.csv", format!("{}\n1,2\n", "a,".repeat(1 << 20)).as_bytes(), "more than 2000 columns");
    let claims = "<dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    refused("claims.xlsx", &spreadsheet(claims), "no sheet has a header");
    let cells: String = (0..40_000).map(|_| "<c t=\"str\"><v>a</v></c>").collect();
    let wide = format!("<dimension ref=\"A1:XFD1\"/><sheetData><row>{cells}</row></sheetData>");
    refused("wide.xlsx", &spreadsheet(&wide), "more than 2000 columns");
}

#[test]
#[cfg(unix)]
fn links_and_pipes_are_not_followed_without_end() {
    let place = Place::with_workspace();
    place.write("exports/good.jsonl", GOOD);
    std::os::unix::fs::symlink(".", place.path("exports/loop")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", place.path("exports/zero.json")).unwrap();
    let made = Command::new("mkfifo").arg(place.path("exports/pipe.json")).status().unwrap();
    assert!(made.success());
    let ran = place.pal(&["import", "auto", "exports"]).exits(6).tells("it is a link that leads back").json();
    assert_eq!(ran["files"].as_array().map(Vec::len), Some(4), "{ran}");
}

#[test]
fn an_archive_of_many_files_takes_its_time_once() {
    let names: Vec<String> = (0..20_000).map(|number| format!("{number}.json")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"{}"[..])).collect();
    let (_, ran) = imported("many.zip", &zipped(&entries));
    let files: Vec<Value> = ran.exits(0).json()["files"].as_array().unwrap().clone();
    assert_eq!(files.len(), 20_001);
}
