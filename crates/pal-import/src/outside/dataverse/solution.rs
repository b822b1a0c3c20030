//! `solution` and `solutioncomponent`: what an environment has of a solution, by the ids that its apps have there. Neither
//! says who imported it; joined with an import job they say what it brought.

use super::environment;
use crate::outside::component::ComponentKind;
use crate::outside::facts::{Facts, Outcome};
use crate::outside::part::Part;
use crate::outside::{Context, Record, normal};

pub(super) fn solution(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let environment = environment(record, context)?;
    let solution = super::guid(record, &["solutionid"]).ok_or(refused("`solutionid` is no id"))?;
    let of = |name| record.text(&[name]).map(str::to_owned);
    let unique_name = of("uniquename").ok_or(refused("the solution has no `uniquename`"))?;
    let version = of("version").ok_or(refused("the solution has no `version`"))?;
    facts.part(Part::Solution { environment, solution, unique_name, version });
    Ok(())
}

pub(super) fn component(record: Record<'_>, context: &Context, facts: &mut Facts) -> Result<(), Outcome> {
    let refused = Outcome::refused;
    let number = record.number(&["componenttype"]).ok_or(refused("`componenttype` is no number"))?;
    let kind = ComponentKind::of_type(number)
        .ok_or(Outcome::ignored("a solution component of a kind that is not attributed"))?;
    let environment = environment(record, context)?;
    let object = super::guid(record, &["objectid"]).ok_or(refused("`objectid` is no id"))?;
    let solution = super::guid(record, &["_solutionid_value", "solutionid"])
        .ok_or(refused("the component does not say of which solution it is: export `solutionid`"))?;
    // Apps are known by these ids everywhere; a flow has another one, which its environment knows.
    let resource = match kind {
        ComponentKind::CloudFlow => normal::named(&environment, &object.to_string()),
        ComponentKind::CanvasApp | ComponentKind::ModelDrivenApp => object,
    };
    facts.part(Part::Component { environment, solution, resource });
    Ok(())
}
