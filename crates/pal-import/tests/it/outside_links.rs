//! Links as clients print them and as people keep them, and rosters.

use std::io::Write;

use pal_import::outside::{Context, Dates};
use pal_rules::time::Timestamp;

use crate::outside_dataverse::{declared, told, told_of};

const TENANT: &str = "1b1121dd-6900-412a-af73-e8d44f81e1c1";
const OBJECT: &str = "aa67f786-0552-423e-8849-244ed12bf581";

fn link(partner: &str, from: &str, until: &str, known_from: &str) -> String {
    format!("links: {TENANT},{OBJECT},{partner},{from},{until},{known_from}")
}

fn since(text: &str) -> Context {
    Context { assume_since: Timestamp::parse(text), ..declared() }
}

#[test]
fn what_clients_print_is_known_from_microsoft_since_it_last_changed() {
    let members = |state: &str| {
        format!(
            r#""partnerId":"0123456","tenantId":"{TENANT}","objectId":"{OBJECT}","version":"3","updatedTime":"2025-01-20T01:52:57.9126052Z","createdTime":"2024-01-20T01:23:40.5280496Z","state":"{state}""#
        )
    };
    let nested = format!(r#"{{"id":"/providers/x/0123456","properties":{{{}}}}}"#, members("Active"));
    let flat = format!(r#"{{"id":"/providers/x/0123456","etag":3,{}}}"#, members("Active"));
    let expected = [link("0123456", "2025-01-20T01:52:57.912605Z", "", "microsoft")];
    assert_eq!(told(&nested, &declared()), expected);
    assert_eq!(told(&flat, &declared()), expected);
    assert_eq!(told(&format!("[{nested},{flat}]"), &declared()), expected);
    assert_eq!(
        told(&format!("{{{}}}", members("Deleted")), &declared()),
        [link("", "2025-01-20T01:52:57.912605Z", "", "microsoft")],
        "not linked any more"
    );
    assert_eq!(
        told(&nested, &since("2024-06-01T00:00:00Z")),
        [
            link("0123456", "2024-06-01T00:00:00Z", "2025-01-20T01:52:57.912605Z", "declared"),
            link("0123456", "2025-01-20T01:52:57.912605Z", "", "microsoft"),
        ]
    );
    assert_eq!(
        told(r#"{"error":{"code":"ManagementPartnerNotFound","message":"x"}}"#, &declared()),
        ["- an answer that somebody is not linked does not say who"]
    );
}

#[test]
fn what_has_no_times_holds_since_it_was_seen_or_as_declared() {
    let json = format!(
        r#"{{"PartnerId":123456,"PartnerName":"Fabrikam","TenantId":"{TENANT}","ObjectId":"{OBJECT}","State":0}}"#
    );
    let csv = format!(
        "#TYPE Microsoft.Azure\n\"PartnerId\",\"PartnerName\",\"TenantId\",\"ObjectId\",\"State\"\n\"123456\",\"F\",\"{TENANT}\",\"{OBJECT}\",\"Active\"\n"
    );
    for text in [json, csv] {
        assert_eq!(told(&text, &declared()), [link("123456", "2026-03-01T00:00:00Z", "", "microsoft")]);
        assert_eq!(
            told(&text, &since("2025-06-01T00:00:00Z")),
            [link("123456", "2025-06-01T00:00:00Z", "", "declared")]
        );
    }
}

#[test]
fn a_list_of_links_is_declared_whatever_its_columns_are_called() {
    let expected = [link("123456", "2025-06-01T00:00:00Z", "2026-02-01T00:00:00Z", "declared")];
    for (header, from, until) in [
        (
            "tenant_id,principal_object_id,partner_id,linked_at_utc,unlinked_at_utc",
            "2025-06-01T00:00:00Z",
            "2026-02-01",
        ),
        (
            "Customer Tenant ID;Object ID;MPN ID;Linked on;Removed on",
            "2025-06-01",
            "2026-02-01T01:00:00+01:00",
        ),
        (
            "Tenant\tEntra Object Id\tPartner-ID\tLink date\tEnd date",
            "2025-06-01 00:00:00",
            "2026-02-01T00:00:00",
        ),
    ] {
        let delimiter = header.chars().find(|char| ",;\t".contains(*char)).unwrap().to_string();
        let row = [TENANT, OBJECT, "123456", from, until].join(&delimiter);
        assert_eq!(told(&format!("{header}\n{row}\n"), &declared()), expected, "{header}");
    }
    let named = format!("tenant,UPN,MPN,Linked on\n{TENANT},A@b.example,123456,2025-06-01\n");
    assert_eq!(
        told(&named, &declared()),
        [format!("links: {TENANT},upn:a@b.example,123456,2025-06-01T00:00:00Z,,declared")]
    );
}

#[test]
fn a_local_date_is_refused_until_it_is_said_how_dates_are_written() {
    let sheet = format!("tenant,object id,mpn id,linked on\n{TENANT},{OBJECT},123456,03/06/2025 08:00\n");
    assert_eq!(
        told(&sheet, &declared()),
        ["! a date of the row can be read in more than one way: say how dates are written with `--dates`"]
    );
    for (day_first, zone_minutes, expected) in
        [(true, 120, "2025-06-03T06:00:00Z"), (false, 0, "2025-03-06T08:00:00Z")]
    {
        let dates = Some(Dates { day_first, zone_minutes });
        assert_eq!(
            told(&sheet, &Context { dates, ..declared() }),
            [link("123456", expected, "", "declared")]
        );
    }
    let none = sheet.replace("03/06/2025 08:00", "");
    assert_eq!(
        told(&none, &declared()),
        ["! the row does not say since when: add a column `linked_at`, or use `--assume-since`"]
    );
    assert_eq!(
        told(&none, &since("2025-01-01T00:00:00Z")),
        [link("123456", "2025-01-01T00:00:00Z", "", "declared")]
    );
    for (from, to, reason) in [
        (TENANT, "contoso.com", "! the row's tenant is no id: write the tenant's id, not its name"),
        (OBJECT, "somebody", "! the row's object id is no id"),
        ("123456", "MPN 12", "! the row's partner id is not 1 to 10 digits"),
    ] {
        assert_eq!(told(&sheet.replace(from, to), &declared()), [reason]);
    }
}

#[test]
fn a_roster_says_who_is_who() {
    let sheet = format!(
        "Tenant,Object ID,UPN,Display name,Account type\n{TENANT},{OBJECT},A@b.example,Ann,\n{TENANT},,b@b.example,Bob,user\n{TENANT},{OBJECT},,Ops,robot\n"
    );
    assert_eq!(
        told(&sheet, &declared()),
        [
            format!("aliases: {TENANT},principal,upn:a@b.example,{OBJECT},,"),
            format!("principals: {TENANT},{OBJECT},user,Ann,a@b.example,,,"),
            "- a row without an object id, which says nothing of an account".to_owned(),
            "! the row's kind of account is not known: user, guest, group, service principal".to_owned(),
        ]
    );
}

/// A spreadsheet of one sheet with this content.
pub(crate) fn spreadsheet(rows: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_owned(),
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned(),
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Empty" sheetId="1" r:id="r1"/><sheet name="PAL" sheetId="2" r:id="r2"/></sheets></workbook>"#.to_owned(),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#.to_owned(),
        ),
        (
            "xl/styles.xml",
            r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#.to_owned(),
        ),
        (
            "xl/worksheets/sheet1.xml",
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>"#.to_owned(),
        ),
        (
            "xl/worksheets/sheet2.xml",
            format!(
                r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
            ),
        ),
    ];
    for (name, content) in parts {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn cell(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

fn told_of_sheet(rows: &str, context: &Context) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("links.xlsx");
    std::fs::write(&path, spreadsheet(rows)).unwrap();
    told_of(&path, context)
}

#[test]
fn a_spreadsheet_is_read_from_its_header_on() {
    let header: String = ["Tenant ID", "Object ID", "MPN ID", "Linked on"]
        .iter()
        .zip(["B3", "C3", "D3", "E3"])
        .map(|(name, place)| cell(place, name))
        .collect();
    let row = |number: u32, rest: &str| {
        let (tenant, object) = (cell(&format!("B{number}"), TENANT), cell(&format!("C{number}"), OBJECT));
        format!(
            r#"<row r="{number}">{tenant}{object}<c r="D{number}"><v>123456</v></c><c r="E{number}" s="1"><v>45809</v></c>{rest}</row>"#
        )
    };
    let title = format!(r#"<row r="1">{}</row>"#, cell("A1", "Partner links"));
    let header = format!(r#"<row r="3">{header}</row>"#);
    let expected = link("123456", "2025-06-01T00:00:00Z", "", "declared");
    let rows = format!("{title}{header}{}", row(4, ""));
    assert_eq!(told_of_sheet(&rows, &declared()), std::slice::from_ref(&expected));
    let berlin = Some(Dates { day_first: true, zone_minutes: 120 });
    assert_eq!(
        told_of_sheet(&rows, &Context { dates: berlin, ..declared() }),
        [link("123456", "2025-05-31T22:00:00Z", "", "declared")]
    );
    let far = row(1_048_576, &cell("XFD1048576", "far"));
    assert_eq!(
        told_of_sheet(&format!("{rows}{far}"), &declared()),
        [expected, "! the row has cells in columns without a name".to_owned()],
        "a cell far out takes no room"
    );
    assert_eq!(
        told_of_sheet(&title, &declared()),
        ["! no sheet has a header: a row with the names of at least two columns"]
    );
    let cut = format!("{rows}<row><c r=\"B5\"><v>1");
    assert_eq!(told_of_sheet(&cut, &declared()), ["! the spreadsheet is damaged: save it again, or as CSV"]);
}

#[test]
fn a_spreadsheet_that_lies_about_its_size_is_refused() {
    let mut bytes = spreadsheet(&" ".repeat(65 << 20));
    // The archive's list says that the sheet is small.
    let place = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[place + 24..place + 28].copy_from_slice(&100_u32.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("links.xlsx");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(told_of(&path, &declared()), ["! the spreadsheet is damaged: save it again, or as CSV"]);
}

#[test]
fn what_is_packed_twice_or_of_an_old_kind_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.zip");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("links.xlsx", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&spreadsheet("")).unwrap();
    std::fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
    assert_eq!(
        told_of(&path, &declared()),
        ["! the file is an archive or a spreadsheet within an archive: unpack it first"]
    );
    std::fs::write(&path, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).unwrap();
    assert_eq!(
        told_of(&path, &declared()),
        ["! the file is a spreadsheet of an old kind, or protected: save it as .xlsx or CSV"]
    );
}
