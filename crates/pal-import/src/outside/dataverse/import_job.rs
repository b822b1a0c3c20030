//! `importjob`: who imported which solution into this environment, and when. Whether it succeeded stands in the XML of
//! `data` alone: a job that ended at 100 % may have failed.

use pal_rules::facts::Table;
use pal_rules::id::Id;

use crate::outside::facts::{Facts, Outcome, flag, id, text, time, word};
use crate::outside::xml::{self, Step};
use crate::outside::{Context, Record, normal};

/// A solution of an import, as `data` tells.
#[derive(Debug, Default)]
struct Manifest {
    unique_name: String,
    version: String,
    managed: Option<bool>,
    result: String,
}

/// What `data` tells.
#[derive(Debug, Default)]
struct Told {
    manifests: Vec<Manifest>,
    /// Whether anything in it failed: an import is done whole or not at all.
    failed: bool,
}

pub(super) fn becomes(record: Record<'_>, context: &Context, facts: &mut Facts) -> Outcome {
    Outcome::of(job(record, context, facts))
}

fn job(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let environment = super::environment(record, context)?;
    let job = super::guid(record, &["importjobid"]).ok_or(refused("`importjobid` is no id"))?;
    let who = super::guid(record, &["_createdby_value", "createdby"])
        .ok_or(refused("the import job does not say who imported: export `createdby`"))?;
    let ended =
        record.text(&["completedon"]).ok_or(Outcome::ignored("an import job that has not ended yet"))?;
    let ended =
        context.utc(ended).ok_or(refused("`completedon` is no time in UTC between 2015 and tomorrow"))?;
    let data = record
        .text(&["data"])
        .ok_or(refused("the import job has no `data`, which alone says whether it succeeded: export it"))?;
    let mut told = told(data)
        .map_err(|_| refused("`data` of the import job is no whole XML, so its result is not known"))?;
    if told.manifests.is_empty() {
        return Err(refused("`data` of the import job names no solution"));
    }
    let holding = ["importcontext", "operationcontext"]
        .iter()
        .any(|name| record.text(&[name]).is_some_and(|context| context.to_lowercase().contains("holding")));
    let failed = told.failed;
    for (place, manifest) in told.manifests.iter_mut().enumerate() {
        if manifest.unique_name.is_empty() {
            record.text(&["solutionname"]).unwrap_or_default().clone_into(&mut manifest.unique_name);
        }
        let result = result(manifest, failed, holding)
            .ok_or(refused("`data` of the import job does not say whether it succeeded"))?;
        let import = if place == 0 { job.clone() } else { Id::new(&format!("{job}:{}", place + 1)) };
        let cells = [
            ("import_id", id(&import)),
            ("environment_id", id(&environment)),
            ("solution", text(&manifest.unique_name)),
            ("version", text(&manifest.version)),
            // Makes no difference to credit; what is not told must not read as a warning.
            ("managed", flag(manifest.managed.unwrap_or(true))),
            ("object_id", id(&normal::dataverse(&environment, &who))),
            ("result", word(result)),
            ("completed_at", time(ended)),
        ];
        facts.put(Table::SolutionImports, &cells)?;
    }
    Ok(())
}

/// How the import of a solution ended; `None` where that is not told.
fn result(manifest: &Manifest, failed: bool, holding: bool) -> Option<&'static str> {
    Some(match manifest.result.as_str() {
        "canceled" | "cancelled" => "cancelled",
        _ if failed => "failed",
        "success" | "warning" if holding => "holding",
        "success" | "warning" => "succeeded",
        _ => return None,
    })
}

fn told(data: &str) -> Result<Told, xml::Fault> {
    let mut told = Told::default();
    xml::walk(data.as_bytes(), &mut |path, step| {
        match step {
            Step::Open(_) if xml::ends(path, &["solutionManifests", "solutionManifest"]) => {
                told.manifests.push(Manifest::default());
            }
            Step::Open(attributes) if xml::ends(path, &["result"]) => {
                let said = xml::attribute(attributes, "result").unwrap_or_default().to_lowercase();
                told.failed |= matches!(said.as_str(), "failure" | "failed" | "error");
                if let (true, Some(manifest)) =
                    (xml::ends(path, &["solutionManifest", "result"]), told.manifests.last_mut())
                {
                    manifest.result = said;
                }
            }
            Step::Close(text) => {
                if let Some(manifest) = told.manifests.last_mut() {
                    if xml::ends(path, &["solutionManifest", "UniqueName"]) {
                        text.clone_into(&mut manifest.unique_name);
                    } else if xml::ends(path, &["solutionManifest", "Version"]) {
                        text.clone_into(&mut manifest.version);
                    } else if xml::ends(path, &["solutionManifest", "Managed"]) {
                        manifest.managed = Some(text == "1" || text.eq_ignore_ascii_case("true"));
                    }
                }
            }
            Step::Open(_) => {}
        }
        Ok(())
    })?;
    Ok(told)
}
