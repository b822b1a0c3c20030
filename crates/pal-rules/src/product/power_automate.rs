//! Power Automate: "The user must be the creator of the flow. There can only be one creator so there's no logic for
//! multiple partners."

use crate::claim::Claimed;
use crate::fold::Holder;
use crate::word::Basis;

/// A flow: the holder alone; "creator" follows an owner change (decision D3), co-owners never count.
pub fn flow(holder: Option<Holder>) -> Vec<Claimed> {
    holder.map(|holder| Claimed::holder(holder, Basis::Creator)).into_iter().collect()
}
