//! Solution packages: a zip with `solution.xml` and `customizations.xml` (`formats.md` §5.1). A package says what an import
//! brings, not who imported it or where.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;

use super::archive::{self, Archive};
use super::component::type_name;
pub use super::component::{Component, ComponentKind, Ignored};
use super::facts::Outcome;
use super::walk::Unopened;
use super::xml::{self, Fault, Step};
use super::{Shape, Source};

/// The largest `customizations.xml`; it is streamed.
const LARGEST: u64 = 512 << 20;
/// The most components, named as roots or described.
const COMPONENTS: usize = 100_000;
/// The longest key or name of a component.
const NAME: usize = 500;

/// Packages are recognised by what is in the archive, not record by record.
pub(super) static SHAPE: Shape = Shape {
    name: "solution package",
    source: Source::Solution,
    recognises: |_| false,
    becomes: |_, _, _| Outcome::refused("a solution package is read whole"),
    identity: |_| None,
};

/// A solution package, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// The solution's unique name.
    pub unique_name: String,
    /// Its version.
    pub version: String,
    /// Whether it is managed; `None` for a source that can be packed either way.
    pub managed: Option<bool>,
    /// The publisher's unique name.
    pub publisher: String,
    /// What in it can be attributed, by kind and key.
    pub components: Vec<Component>,
    /// What in it cannot.
    pub ignored: Vec<Ignored>,
}

/// Reads a package from a file.
///
/// # Errors
///
/// [`Unopened`] for what is no archive or not safe to read, or is no package.
pub fn open(path: &Path) -> Result<Package, Unopened> {
    read(archive::open(path)?)
        .map_err(|reason| Unopened::Unsafe { path: path.to_owned(), reason: reason.to_owned() })
}

/// Reads a package whose archive is within bounds.
pub(super) fn read(mut archive: Archive) -> Result<Package, Fault> {
    let mut found = Found::default();
    let solution = "it has no whole `solution.xml`";
    entry(&mut archive, "solution.xml", solution, &mut |path, step| found.solution(path, &step))?;
    let customizations = "it has no whole `customizations.xml`";
    entry(&mut archive, "customizations.xml", customizations, &mut |path, step| {
        found.customization(path, &step)
    })?;
    found.package()
}

fn entry(archive: &mut Archive, wanted: &str, missing: Fault, take: &mut xml::Take<'_>) -> Result<(), Fault> {
    let place = (0..archive.len()).find(|place| {
        let name = archive.by_index_raw(*place).ok().and_then(|entry| Some(entry.name().ok()?.into_owned()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    });
    let entry = archive.by_index(place.ok_or(missing)?).map_err(|_| missing)?;
    if entry.size() > LARGEST {
        return Err("its XML would be larger than 512 MiB");
    }
    let declared = entry.size();
    xml::walk(BufReader::with_capacity(1 << 16, entry.take(declared)), take)
}

/// A component as `customizations.xml` describes it, while it is read.
#[derive(Debug, Default)]
struct Described {
    key: String,
    name: String,
    /// Category of a process, type of a canvas app.
    class: String,
}

#[derive(Debug, Default)]
struct Found {
    package: Package,
    /// Root components: type, and key in lower case; how often.
    roots: BTreeMap<(i64, String), u64>,
    open: Described,
    /// By kind and key in lower case.
    described: BTreeMap<(ComponentKind, String), Described>,
}

impl Found {
    fn solution(&mut self, path: &[String], step: &Step<'_>) -> Result<(), Fault> {
        let within = |names: &[&str]| path.len() == names.len() && xml::ends(path, names);
        match step {
            Step::Open(attributes)
                if within(&["ImportExportXml", "SolutionManifest", "RootComponents", "RootComponent"]) =>
            {
                let number = xml::attribute(attributes, "type").and_then(|text| text.parse().ok());
                let number = number.ok_or("`solution.xml` has a root component without a type")?;
                let key =
                    xml::attribute(attributes, "schemaName").or_else(|| xml::attribute(attributes, "id"));
                bounded(self.roots.len(), key)?;
                *self.roots.entry((number, key_of(key.unwrap_or_default()))).or_default() += 1;
            }
            Step::Close(text) if within(&["ImportExportXml", "SolutionManifest", "UniqueName"]) => {
                (*text).clone_into(&mut self.package.unique_name);
            }
            Step::Close(text) if within(&["ImportExportXml", "SolutionManifest", "Version"]) => {
                (*text).clone_into(&mut self.package.version);
            }
            Step::Close(text) if within(&["ImportExportXml", "SolutionManifest", "Managed"]) => {
                self.package.managed = match *text {
                    "1" => Some(true),
                    "0" => Some(false),
                    _ => None,
                };
            }
            Step::Close(text)
                if within(&["ImportExportXml", "SolutionManifest", "Publisher", "UniqueName"]) =>
            {
                (*text).clone_into(&mut self.package.publisher);
            }
            _ => {}
        }
        Ok(())
    }

    fn customization(&mut self, path: &[String], step: &Step<'_>) -> Result<(), Fault> {
        let component = [
            (ComponentKind::CloudFlow, ["Workflows", "Workflow"]),
            (ComponentKind::ModelDrivenApp, ["AppModules", "AppModule"]),
            (ComponentKind::CanvasApp, ["CanvasApps", "CanvasApp"]),
        ];
        let outer = path.get(1..3).unwrap_or_default();
        let Some((kind, _)) = component.into_iter().find(|(_, names)| xml::ends(outer, names)) else {
            return Ok(());
        };
        match step {
            Step::Open(attributes) if path.len() == 3 => {
                let of = |name| xml::attribute(attributes, name).unwrap_or_default().to_owned();
                bounded(self.described.len(), attributes.iter().map(|(_, value)| value.as_str()))?;
                self.open = Described { key: of("WorkflowId"), name: of("Name"), class: String::new() };
            }
            Step::Open(attributes)
                if path.len() == 5
                    && self.open.name.is_empty()
                    && xml::ends(path, &["LocalizedNames", "LocalizedName"]) =>
            {
                let name = xml::attribute(attributes, "description");
                bounded(0, name)?;
                name.unwrap_or_default().clone_into(&mut self.open.name);
            }
            Step::Close(text) if path.len() == 4 => {
                let inner = path.last().map(|name| name.to_lowercase()).unwrap_or_default();
                let named = ["category", "canvasapptype", "uniquename", "name", "displayname"];
                if named.contains(&inner.as_str()) {
                    bounded(0, Some(*text))?;
                }
                match (kind, inner.as_str()) {
                    (ComponentKind::CloudFlow, "category") | (ComponentKind::CanvasApp, "canvasapptype") => {
                        (*text).clone_into(&mut self.open.class);
                    }
                    (ComponentKind::ModelDrivenApp, "uniquename") | (ComponentKind::CanvasApp, "name") => {
                        (*text).clone_into(&mut self.open.key);
                    }
                    (ComponentKind::CanvasApp, "displayname") => (*text).clone_into(&mut self.open.name),
                    _ => {}
                }
            }
            Step::Close(_) if path.len() == 3 => {
                let described = std::mem::take(&mut self.open);
                self.described.insert((kind, key_of(&described.key)), described);
            }
            _ => {}
        }
        Ok(())
    }

    fn package(mut self) -> Result<Package, Fault> {
        if self.package.unique_name.is_empty() || self.package.version.is_empty() {
            return Err("`solution.xml` does not name a solution and its version");
        }
        let mut ignored: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
        for ((kind, key), described) in &self.described {
            let root = self.roots.contains_key(&(kind.number(), key.clone()));
            if let Some(other) = kind.other(&described.class) {
                *ignored.entry((other.to_owned(), "it is of a kind that is not attributed")).or_default() +=
                    1;
                continue;
            }
            // GUIDs are written in braces there; in environments they are not.
            let flow = *kind == ComponentKind::CloudFlow;
            let key = if flow { key.clone() } else { described.key.clone() };
            let name = if described.name.is_empty() { key.clone() } else { described.name.clone() };
            self.package.components.push(Component { kind: *kind, key, name, root });
        }
        for ((number, key), count) in &self.roots {
            let (kind, why) = match ComponentKind::of_type(*number) {
                Some(kind) if self.described.contains_key(&(kind, key.clone())) => continue,
                Some(kind) => (kind.as_str().to_owned(), "`customizations.xml` does not describe it"),
                None => (type_name(*number), "it is of a kind that is not attributed"),
            };
            *ignored.entry((kind, why)).or_default() += count;
        }
        self.package.components.sort();
        self.package.ignored =
            ignored.into_iter().map(|((kind, why), count)| Ignored { kind, why, count }).collect();
        Ok(self.package)
    }
}

/// Refuses one component too many, and what is too long for a key or name of one.
fn bounded<'a>(components: usize, texts: impl IntoIterator<Item = &'a str>) -> Result<(), Fault> {
    if components >= COMPONENTS {
        return Err("it has more than 100,000 components");
    }
    let long = texts.into_iter().any(|text| text.len() > NAME);
    if long { Err("it has a component with a name longer than 500 letters") } else { Ok(()) }
}

/// A key as it is compared: without braces, in lower case.
fn key_of(text: &str) -> String {
    text.trim().trim_start_matches('{').trim_end_matches('}').to_lowercase()
}
