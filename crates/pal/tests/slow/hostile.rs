//! Hostile files in their real size: each is streamed to the command, packed, and is refused within bounds of time and
//! memory, while the rest of the run is imported.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::{Place, Ran};

/// Virtual memory, in KiB: what a process has mapped is more than what it uses.
const MEMORY: u64 = 1 << 20;
/// A good file that comes with every hostile one.
const GOOD: &str = r#"{"CreationTime":"2026-02-03T20:18:56","Id":"2d2b31a8-471e-48e8-a000-6f2c6d0b45eb","Operation":"LaunchPowerApp","OrganizationId":"1557f771-4c8e-4dbd-8b80-dd00a88e833e","RecordType":45,"UserType":0,"UserId":"a@b.example","AppName":"63afdadb-df1c-4d8e-bc74-f8f6bf1fe7d4"}"#;

/// Imports a folder with a file of so many times these bytes behind others; what was refused of it.
fn refused(name: &str, begin: &[u8], repeated: &[u8], times: usize) -> String {
    let place = Place::on_disk();
    place.pal(&["init"]).exits(0);
    place.write("exports/zz-good.jsonl", GOOD.replace("2d2b31a8", "ffffffff"));
    let mut file = BufWriter::new(File::create(place.path(&format!("exports/{name}"))).unwrap());
    let block = repeated.repeat((1 << 20) / repeated.len());
    let write = |file: &mut dyn Write| {
        file.write_all(begin).unwrap();
        for _ in 0..times * repeated.len() / block.len() {
            file.write_all(&block).unwrap();
        }
        file.flush().unwrap();
    };
    if Path::new(name).extension().is_some_and(|ending| ending == "gz") {
        let mut encoder = GzEncoder::new(file, Compression::best());
        write(&mut encoder);
        encoder.finish().unwrap().flush().unwrap();
    } else {
        write(&mut file);
    }
    let words = ["import", "auto", "exports", "-o", "json"];
    let mut command = Command::new("sh");
    let line = format!("ulimit -v {MEMORY} && exec timeout 120 \"$0\" \"$@\"");
    command.args(["-c", &line, env!("CARGO_BIN_EXE_pal")]).args(words);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(place.path(""));
    let ran = Ran::of(&words, &mut command).exits(6);
    let files = ran.json()["files"].as_array().unwrap().clone();
    assert_eq!(files.last().unwrap()["kept"], 1, "{files:?}");
    ran.stderr
}

#[test]
fn a_line_of_two_gigabytes_is_passed_over() {
    let told = refused("line.jsonl", format!("{GOOD}\n{{\"a\":\"").as_bytes(), b"x", 2 << 30);
    assert!(told.contains("the line is longer than 8 MiB"), "{told}");
}

#[test]
fn json_a_hundred_million_deep_is_passed_over() {
    let told = refused("deep.json", b"", b"[", 100 << 20);
    assert!(told.contains("the file ends before its JSON does"), "{told}");
    let told = refused("deep.jsonl", format!("{GOOD}\n").as_bytes(), b"{\"a\":", 100 << 20);
    assert!(told.contains("the line is longer than 8 MiB"), "{told}");
}

#[test]
fn a_quote_that_is_open_for_a_gigabyte_ends_the_table() {
    let told = refused("open.csv", b"Tenant ID,Object ID,MPN ID\na,b,\"", b"x,y\n", 1 << 28);
    assert!(told.contains("a quote in it is never closed"), "{told}");
}

#[test]
fn a_compressed_file_that_grows_without_end_is_left() {
    let told = refused("bomb.jsonl.gz", b"", b" ", 1 << 30);
    assert!(told.contains("grows to more than 200 times its size"), "{told}");
}
