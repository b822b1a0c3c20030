//! What becomes facts only together with what another file says: a solution package with an import job, a component with
//! its solution. Whoever gathers files keeps the parts, and joins them whatever came first.

use std::collections::BTreeSet;

use pal_rules::facts::{Row, Table, Value};
use pal_rules::id::Id;

use super::normal;
use super::package::Package;

/// A part of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A solution package: what an import of that name and version brings.
    Package(Package),
    /// A solution as an environment has it.
    Solution {
        /// The environment.
        environment: Id,
        /// Its id there, which components name.
        solution: Id,
        /// Its unique name, which imports name.
        unique_name: String,
        /// Its version.
        version: String,
    },
    /// A component of a solution in an environment.
    Component {
        /// The environment.
        environment: Id,
        /// The solution's id there.
        solution: Id,
        /// The app or flow.
        resource: Id,
    },
}

/// The components that an import of a package brings to an environment, as rows of `solution_components`; the caller
/// joins them by unique name in any case, and by version.
pub fn components(import: &Id, environment: &Id, package: &Package) -> Vec<(Table, Row)> {
    let keys = package.components.iter().map(|component| normal::named(environment, &component.key));
    rows(import, keys.collect())
}

/// The components of an import, of the same unique name and version in the same environment, that the environment itself
/// lists.
pub fn installed(
    import: &Id,
    environment: &Id,
    (unique_name, version): (&str, &str),
    parts: &[Part],
) -> Vec<(Table, Row)> {
    let solutions: BTreeSet<&Id> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Solution { environment: of, solution, unique_name: name, version: has } => {
                (of == environment && same_solution((name, has), (unique_name, version))).then_some(solution)
            }
            _ => None,
        })
        .collect();
    let found = parts.iter().filter_map(|part| match part {
        Part::Component { environment: of, solution, resource } => {
            (of == environment && solutions.contains(solution)).then(|| resource.clone())
        }
        _ => None,
    });
    rows(import, found.collect())
}

/// Whether two are the same solution: the name in any case, the version as its numbers (`1.4` is `1.4.0.0`).
pub fn same_solution(one: (&str, &str), other: (&str, &str)) -> bool {
    let version = |text: &str| {
        let mut numbers: Vec<String> =
            text.trim().split('.').map(|number| number.trim_start_matches('0').to_owned()).collect();
        while numbers.last().is_some_and(String::is_empty) {
            numbers.pop();
        }
        numbers
    };
    one.0.trim().eq_ignore_ascii_case(other.0.trim()) && version(one.1) == version(other.1)
}

fn rows(import: &Id, resources: BTreeSet<Id>) -> Vec<(Table, Row)> {
    let row = |resource| Row::new(vec![Value::Id(import.clone()), Value::Id(resource)]);
    resources.into_iter().map(|resource| (Table::SolutionComponents, row(resource))).collect()
}

#[cfg(test)]
mod tests {
    use super::same_solution;

    #[test]
    fn a_solution_is_the_same_by_name_and_version() {
        assert!(same_solution(("Sol", "1.4"), ("sol ", "1.4.0.0")));
        assert!(same_solution(("Sol", "1.04"), ("Sol", "1.4")));
        assert!(!same_solution(("Sol", "1.4"), ("Sol", "1.40")));
        assert!(!same_solution(("Sol", "1.4"), ("Sol2", "1.4")));
    }
}
