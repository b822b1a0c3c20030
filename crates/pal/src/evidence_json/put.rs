//! Evidence as it is kept, straight into bytes: as `serde_json` writes it, but for fields that say nothing. A month has a
//! million lines, of which most have nothing in most lists, and `serde_json` looks at every letter of every name.

use pal_rules::text::Written;
use serde::Serialize;

use super::EvidenceJson;
use super::quantity::{CoverageJson, QuantityJson};
use super::short::Text;
use crate::eights;

/// A value that adds itself as JSON.
pub(crate) trait Put {
    /// Adds it to bytes.
    ///
    /// # Errors
    ///
    /// Those of [`serde_json::to_writer`]; there are none for these values.
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()>;

    /// Whether it says more than a field that is not there: it is not absent, empty or zero.
    fn says(&self) -> bool {
        true
    }
}

impl Put for Text<'_> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        let escaped =
            |eight| eights::has_below(eight, b' ') | eights::has(eight, b'"') | eights::has(eight, b'\\');
        let text = self.plain();
        if eights::anywhere(text.as_bytes(), escaped) {
            return serde_json::to_writer(bytes, self);
        }
        bytes.push(b'"');
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'"');
        Ok(())
    }
}

impl Put for u64 {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        self.put_plain(bytes);
        Ok(())
    }

    fn says(&self) -> bool {
        *self > 0
    }
}

impl<T: Put> Put for Option<T> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        if let Some(value) = self {
            return value.put(bytes);
        }
        bytes.extend_from_slice(b"null");
        Ok(())
    }

    fn says(&self) -> bool {
        self.is_some()
    }
}

impl<T: Serialize> Put for Vec<T> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(bytes, self)
    }

    fn says(&self) -> bool {
        !self.is_empty()
    }
}

impl Put for CoverageJson {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(bytes, self)
    }
}

/// Adds fields after a beginning, each by its name: the first, and of the others those that say something. They come out
/// of a pattern that names them all, so that none is forgotten.
macro_rules! put_fields {
    ($bytes:ident, $begin:literal, $first:ident $(, $field:ident)*) => {{
        $bytes.extend_from_slice(concat!($begin, "\"", stringify!($first), "\":").as_bytes());
        $first.put($bytes)?;
        $(
            if $field.says() {
                $bytes.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                $field.put($bytes)?;
            }
        )*
        $bytes.push(b'}');
    }};
}

impl Put for QuantityJson<'_> {
    fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Self::Mau { counted, unknown, by_alias, service_principals, managed_identities, systems } => {
                put_fields!(
                    bytes,
                    "{\"metric\":\"mau\",",
                    counted,
                    unknown,
                    by_alias,
                    service_principals,
                    managed_identities,
                    systems
                );
            }
            Self::UnifiedProfiles { measured_at, unified_profiles } => {
                put_fields!(bytes, "{\"metric\":\"unified_profiles\",", unified_profiles, measured_at);
            }
        }
        Ok(())
    }
}

/// A value whose fields are added in this order.
macro_rules! put_struct {
    ($kind:ident { $($field:ident),* $(,)? }) => {
        impl Put for $kind<'_> {
            fn put(&self, bytes: &mut Vec<u8>) -> serde_json::Result<()> {
                let Self { $($field),* } = self;
                put_fields!(bytes, "{", $($field),*);
                Ok(())
            }
        }
    };
}

put_struct!(EvidenceJson {
    month,
    as_of,
    instant,
    tenant_id,
    environment_id,
    product,
    resource_id,
    created_at,
    deleted_at,
    fold,
    claims,
    quantity,
    environment_kind,
    tenant_own_global_partner_id,
    coverage,
    involved,
    owner_kept_by_platform,
    idle_imports,
    past_co_owners,
    linked_users,
    runs,
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{EvidenceJson, Put};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<u128>().prop_map(|guid| pal_rules::id::Id::from_guid(guid).to_string()),
            "[a-z\"\\\\\u{0}-\u{1f}\u{7f}ä€ -]{0,50}",
            any::<String>(),
        ]
    }

    fn maybe() -> impl Strategy<Value = Value> {
        prop_oneof![Just(Value::Null), text().prop_map(Value::from)]
    }

    fn quantity() -> impl Strategy<Value = Value> {
        let of = |numbers: [u64; 6]| {
            let [counted, unknown, by_alias, service_principals, managed_identities, systems] = numbers;
            json!({
                "metric": "mau", "counted": counted, "unknown": unknown, "by_alias": by_alias,
                "service_principals": service_principals, "managed_identities": managed_identities, "systems": systems,
            })
        };
        let profiles = (maybe(), prop_oneof![Just(0), any::<u64>()]).prop_map(|(measured_at, profiles)| {
            json!({ "metric": "unified_profiles", "measured_at": measured_at, "unified_profiles": profiles })
        });
        let number = || prop_oneof![Just(0), any::<u64>()];
        prop_oneof![prop::array::uniform6(number()).prop_map(of), profiles]
    }

    /// Takes out of evidence what is absent, empty or zero; what was counted stays.
    fn drop_what_says_nothing(evidence: &mut Value) {
        let says = |value: &Value| !(value.is_null() || *value == json!([]) || *value == json!(0));
        let fields = evidence.as_object_mut().unwrap();
        fields.retain(|_, value| says(value));
        let quantity = fields["quantity"].as_object_mut().unwrap();
        quantity.retain(|name, value| says(value) || name == "counted" || name == "unified_profiles");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_says_nothing_is_left_out_and_all_else_is_read_back(
            texts in prop::array::uniform5(text()), maybes in prop::array::uniform6(maybe()), quantity in quantity(),
            days in prop::option::of(any::<u64>()), past in prop::collection::vec(text(), 0..3),
            runs in prop_oneof![Just(0), any::<u64>()],
        ) {
            let [month, instant, tenant, product, resource] = texts;
            let [as_of, environment, created_at, deleted_at, kind, company] = maybes;
            let coverage = days.map_or(json!({ "state": "covered" }), |days| {
                json!({ "state": "gaps", "covered_days": days / 2, "days": days })
            });
            let past: Vec<Value> = past
                .iter()
                .map(|text| json!({ "object_id": text, "group_id": null, "since": text, "until": text }))
                .collect();
            let json = json!({
                "month": month, "as_of": as_of, "instant": instant, "tenant_id": tenant, "environment_id": environment,
                "product": product, "resource_id": resource, "created_at": created_at, "deleted_at": deleted_at,
                "fold": [], "claims": [], "quantity": quantity, "environment_kind": kind,
                "tenant_own_global_partner_id": company, "coverage": coverage, "involved": [],
                "owner_kept_by_platform": [], "idle_imports": [], "past_co_owners": past, "linked_users": [],
                "runs": runs,
            });
            let evidence: EvidenceJson<'_> = serde_json::from_value(json).unwrap();
            let mut bytes = Vec::new();
            evidence.put(&mut bytes).unwrap();
            let read: EvidenceJson<'_> = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&evidence).unwrap());
            let mut told: Value = serde_json::to_value(&evidence).unwrap();
            drop_what_says_nothing(&mut told);
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), told);
        }
    }
}
