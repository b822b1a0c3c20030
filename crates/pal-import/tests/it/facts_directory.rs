//! What is found in a facts directory, and what is said of files that are none.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use pal_import::facts::{Options, discover, read};
use pal_rules::facts::Value;
use parquet::arrow::ArrowWriter;

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A Parquet file of `solution_components` with one row.
fn parquet(folder: &Path, name: &str, resource: &str) {
    let column = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let batch =
        RecordBatch::try_from_iter([("import_id", column("i1")), ("resource_id", column(resource))]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    write(folder, name, bytes);
}

/// The rows of all files as `file:line cells`, or what is wrong with the directory.
fn rows(folder: &Path) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for file in discover(folder).map_err(|wrong| wrong.to_string())? {
        let passed = Cell::new(0);
        read(&file, 0, Options::default(), &passed, &mut |(address, row)| {
            let cells = row.map_or_else(
                |bad| format!("{}: {}", bad.column.unwrap_or("-"), bad.found),
                |row| row.values().iter().map(Value::text).collect::<Vec<_>>().join(","),
            );
            found.push(format!("{}:{} {cells}", file.name, address.line));
        })
        .map_err(|wrong| wrong.to_string())?;
        assert_eq!(passed.get(), fs::metadata(&file.path).unwrap().len(), "{}", file.name);
    }
    Ok(found)
}

#[test]
fn parquet_is_found_in_folders_of_folders_as_other_programs_write_it() {
    let folder = tempfile::tempdir().unwrap();
    parquet(folder.path(), "solution_components/2026-03/a.parquet", "r1");
    parquet(folder.path(), "solution_components/2026-03/b.parquet", "r2");
    parquet(folder.path(), "solution_components/_temporary/c.parquet", "r3");
    write(folder.path(), "solution_components/_SUCCESS", "");
    let expected = ["2026-03/a.parquet:1 i1,r1", "2026-03/b.parquet:1 i1,r2"];
    assert_eq!(rows(folder.path()).unwrap(), expected.map(|row| format!("solution_components/{row}")));

    let spark = tempfile::tempdir().unwrap();
    parquet(spark.path(), "solution_components.parquet/part-0.parquet", "r1");
    let expected = ["solution_components.parquet/part-0.parquet:1 i1,r1"];
    assert_eq!(rows(spark.path()).unwrap(), expected);
}

#[test]
fn what_only_looks_like_a_table_is_named_with_what_to_do() {
    let utf16: Vec<u8> = "\u{feff}tenant_id,name\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, &[u8], &str); 8] = [
        (
            "tenants.csv",
            &utf16,
            "`tenants.csv` is UTF-16: save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\")",
        ),
        (
            "tenants.csv",
            b"tenant_id;name\nt1;One\n",
            "`tenants.csv` separates its cells with semicolons: save it with commas",
        ),
        (
            "tenants.csv",
            b"tenant_id\tname\n",
            "`tenants.csv` separates its cells with tabs: save it with commas",
        ),
        (
            "tenants.csv",
            b"Tenant_Id,name\n",
            "`tenants.csv` has a column `Tenant_Id` that `tenants` does not have (did you mean `tenant_id`?): \
             its columns are tenant_id, name, domain?, own_global_partner_id?, observed_at?",
        ),
        ("tenants.csv", b"tenant_id\n", "`tenants.csv` lacks the column `name`, which `tenants` must have"),
        (
            "tenants.csv",
            b"",
            "`tenants.csv` is empty: its first row must name the columns tenant_id, name, domain?, \
             own_global_partner_id?, observed_at?",
        ),
        ("Tenants.csv", b"", "`Tenants.csv` is no table of facts: did you mean `tenants.csv`?"),
        (
            "activity/march.csv",
            b"",
            "`activity/march.csv` is no table of facts: a folder of `activity` holds Parquet files; put CSV \
             into one file `activity.csv`",
        ),
    ];
    for (name, bytes, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, bytes);
        assert_eq!(rows(folder.path()).unwrap_err(), expected);
    }
}

#[test]
fn a_table_under_a_name_that_is_nearly_one_is_never_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "tenants.csv", "tenant_id,name\n");
    for other in ["README.md", "links.xlsx", "links.csv.bak", "notes"] {
        write(folder.path(), other, "something else");
    }
    assert_eq!(rows(folder.path()).unwrap(), Vec::<String>::new());
    let cases = [
        ("Activity.CSV", "activity.csv"),
        ("activity.Parquet", "activity.parquet"),
        ("links", "links.csv"),
        ("LINKS", "links.csv"),
        ("links.CSV", "links.csv"),
        ("Links/part.parquet", "links"),
    ];
    for (name, meant) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "tenants.csv", "tenant_id,name\n");
        write(folder.path(), name, "");
        let name = name.split('/').next().unwrap();
        let expected = format!("`{name}` is no table of facts: did you mean `{meant}`?");
        assert_eq!(rows(folder.path()).unwrap_err(), expected);
    }
}

#[test]
fn a_folder_above_a_facts_directory_is_told_apart_from_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "world/tenants.csv", "tenant_id,name\n");
    let wrong = rows(folder.path()).unwrap_err();
    let world = folder.path().join("world");
    assert!(wrong.ends_with(&format!("; did you mean `{}`?", world.display())), "{wrong}");
}

#[test]
fn a_cell_that_cannot_be_read_is_told_with_what_stands_there() {
    let folder = tempfile::tempdir().unwrap();
    let header = "tenant_id,object_id,partner_id,linked_at,known_from\n";
    let lines = [
        "t1,u1,12x,2026-03-01T00:00:00Z,declared",
        "t1,u1,1,01/02/2026,declared",
        "t1,u1,1,2026-03-01T00:00:00,declared",
        "t1,u1,1,2026-03-01T00:00:00Z,guessed",
        "t1,,1,2026-03-01T00:00:00Z,declared",
        "t1,u1,,2026-03-01T00:00:00Z,declared",
        "t1,u1,1",
    ];
    write(folder.path(), "links.csv", format!("{header}{}\n", lines.join("\n")));
    let expected = [
        "partner_id: `12x` is no partner id: those are 1 to 10 decimal digits",
        "linked_at: `01/02/2026` is no RFC 3339 time with a zone, such as 2026-03-01T00:00:00Z",
        "linked_at: `2026-03-01T00:00:00` is no RFC 3339 time with a zone, such as 2026-03-01T00:00:00Z",
        "known_from: `guessed` is none of microsoft, declared, this_server",
        "object_id: the cell is empty and may not be",
        "partner_id: the cell is empty: only a link that is known from `microsoft` may be without a partner",
        "-: the row has 3 cells, its header 5",
    ];
    let told = rows(folder.path()).unwrap();
    let expected: Vec<String> =
        (2..).zip(expected).map(|(line, words)| format!("links.csv:{line} {words}")).collect();
    assert_eq!(told, expected);
}
