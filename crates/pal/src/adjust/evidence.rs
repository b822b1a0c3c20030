//! The evidence of a statement's lines, compressed part by part in their order: unpacked and read only where somebody asks
//! for it.

use std::io::{BufRead, BufReader};

use anyhow::Context;
use pal_rules::evidence::Evidence;
use zstd::zstd_safe::find_frame_compressed_size;

use super::kept::Row;
use crate::closed_files::EVIDENCE_FILE;
use crate::evidence_json::{EvidenceJson, Text};
use crate::exit::{Exit, Failure};
use crate::shell::RESTORE;

/// The evidence of a statement's lines.
#[derive(Debug)]
pub(super) struct Evidences<'a> {
    rows: &'a [Row<'a>],
    /// Each part, with the number of its first line.
    parts: Vec<(usize, &'a [u8])>,
    /// What is one part was kept before there were parts, however long it is; so it is unpacked once.
    whole: Option<Opened>,
}

/// A part, unpacked.
#[derive(Debug)]
struct Opened {
    lines: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl<'a> Evidences<'a> {
    pub(super) fn new(mut packed: &'a [u8], rows: &'a [Row<'a>]) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        while !packed.is_empty() {
            let length = find_frame_compressed_size(packed).map_err(|_| damaged())?;
            let (part, rest) = packed.split_at_checked(length).ok_or_else(damaged)?;
            parts.push(part);
            packed = rest;
        }
        if let [only] = parts.as_slice() {
            return Ok(Self { rows, parts: vec![(0, *only)], whole: Some(Opened::new(only)?) });
        }
        // Where a part begins is told by its first line: a part may have any number of them.
        let numbered = parts.into_iter().map(|part| Ok(first_row(part, rows)?.map(|first| (first, part))));
        let parts = numbered.filter_map(Result::transpose).collect::<Result<_, Failure>>()?;
        Ok(Self { rows, parts, whole: None })
    }

    /// The number of the part that has a line.
    pub(super) fn part_of(&self, row: usize) -> usize {
        self.parts.partition_point(|(first, _)| *first <= row).saturating_sub(1)
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { of: self, open: None }
    }
}

/// Reads evidence line by line; the part read last stays open.
#[derive(Debug)]
pub(super) struct Reader<'e> {
    of: &'e Evidences<'e>,
    open: Option<(usize, Opened)>,
}

impl Reader<'_> {
    /// The evidence of a line.
    pub(super) fn read(&mut self, row: usize) -> Result<Evidence, Failure> {
        let number = self.of.part_of(row);
        let (first, part) = *self.of.parts.get(number).ok_or_else(damaged)?;
        let opened = if let Some(whole) = &self.of.whole {
            whole
        } else {
            let open = match self.open.take() {
                Some(open) if open.0 == number => open,
                _ => (number, Opened::new(part)?),
            };
            &self.open.insert(open).1
        };
        let line = row.checked_sub(first).and_then(|line| opened.line(line)).ok_or_else(damaged)?;
        let evidence = evidence(line)?;
        let resource = self.of.rows.get(row).map(|row| row.resource());
        if resource.as_ref() == Some(&evidence.subject.resource) { Ok(evidence) } else { Err(damaged()) }
    }
}

impl Opened {
    fn new(part: &[u8]) -> Result<Self, Failure> {
        let lines = zstd::decode_all(part).map_err(|_| damaged())?;
        let ends = memchr::memchr_iter(b'\n', &lines).collect();
        Ok(Self { lines, ends })
    }

    fn line(&self, number: usize) -> Option<&[u8]> {
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before)? + 1,
            None => 0,
        };
        self.lines.get(start..*self.ends.get(number)?)
    }
}

/// The number of the line that a part of the evidence begins with, if it has any.
fn first_row(part: &[u8], rows: &[Row<'_>]) -> Result<Option<usize>, Failure> {
    let mut line = Vec::new();
    let mut unpacked = BufReader::new(zstd::Decoder::with_buffer(part)?.single_frame());
    unpacked.read_until(b'\n', &mut line).map_err(|_| damaged())?;
    if line.is_empty() {
        return Ok(None);
    }
    let subject = evidence(&line)?.subject;
    let place = (subject.tenant, subject.product, subject.resource);
    rows.binary_search_by(|row| row.place().cmp(&place)).map(Some).map_err(|_| damaged())
}

fn evidence(line: &[u8]) -> Result<Evidence, Failure> {
    let json: EvidenceJson<Text<'_>> =
        serde_json::from_slice(line).context("kept evidence cannot be read")?;
    Ok(Evidence::try_from(&json)?)
}

fn damaged() -> Failure {
    Failure::new(Exit::Fault, format!("`{EVIDENCE_FILE}` is damaged, or not that of its statement"), RESTORE)
}

#[cfg(test)]
mod tests {
    use super::Evidences;
    use crate::adjust::kept::{Kept, rows};

    /// Evidence of a line, as it is kept.
    fn line(resource: &str) -> String {
        let told = serde_json::json!({
            "month": "2026-03", "as_of": null, "instant": "2026-04-01T00:00:00Z", "tenant_id": "t",
            "environment_id": null, "product": "power_bi", "resource_id": resource, "created_at": null,
            "deleted_at": null, "fold": [], "claims": [], "quantity": {
                "metric": "mau", "counted": 3, "unknown": 1, "service_principals": 0, "managed_identities": 0,
                "systems": 0
            },
            "environment_kind": null, "tenant_own_global_partner_id": null,
            "coverage": { "state": "covered" }, "involved": [], "owner_kept_by_platform": [],
        });
        told.to_string() + "\n"
    }

    /// A statement of resources, with its evidence in parts of so many lines.
    fn kept(resources: &[String], parts: &[usize]) -> Kept {
        let cells =
            |id: &String| format!("2026-03,t,,power_bi,{id},mau,3,uncredited,,,,,,no_attributed_user,,\n");
        let statement = "head\n".to_owned() + &resources.iter().map(cells).collect::<String>();
        let (mut rest, mut evidence) = (resources, Vec::new());
        for lines in parts {
            let (part, more) = rest.split_at(*lines);
            rest = more;
            let part: String = part.iter().map(|id| line(id)).collect();
            evidence.extend(zstd::bulk::compress(part.as_bytes(), 1).unwrap());
        }
        Kept { statement: statement.into_bytes(), evidence }
    }

    #[test]
    fn evidence_is_found_in_parts_of_any_length() {
        let resources: Vec<String> = (0..20).map(|number| format!("r{number:02}")).collect();
        for parts in [&[20][..], &[1, 7, 0, 12], &[5, 5, 5, 5], &[19, 1]] {
            let kept = kept(&resources, parts);
            let rows = kept.rows();
            let evidences = Evidences::new(&kept.evidence, &rows).unwrap();
            // In order, from behind, and at random.
            for numbers in [(0..20).collect::<Vec<_>>(), (0..20).rev().collect(), vec![3, 18, 0, 19, 7]] {
                let mut reader = evidences.reader();
                for number in numbers {
                    let found = reader.read(number).unwrap().subject.resource.to_string();
                    assert_eq!(found, resources[number], "{parts:?}");
                }
            }
        }
    }

    #[test]
    fn evidence_that_is_not_that_of_its_statement_is_refused() {
        let resources: Vec<String> = (0..20).map(|number| format!("r{number:02}")).collect();
        let kept = kept(&resources, &[12, 8]);
        let short = rows(b"head\n2026-03,t,,power_bi,other,mau,3,uncredited,,,,,,no_attributed_user,,\n");
        assert!(Evidences::new(&kept.evidence, &short).is_err());
        let cut = kept.evidence.get(..kept.evidence.len() - 3).unwrap();
        assert!(Evidences::new(cut, &kept.rows()).is_err());
    }
}
