//! What makes a resource sensitive: the labels that it bears, and those that its codes stand for.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::codes::{
    ACT_CODE, CONFIDENTIALITY, RESTRICTED, ROWS, Reach, Row, SENSITIVITIES, SYSTEMS, UNRESTRICTED,
};
use crate::phr::SecurityLabel;

/// Longest code that is looked up, in bytes, dots left out. No code system has longer ones; a longer one is cut.
const MAX_CODE_BYTES: usize = 64;

/// Codes and the labels that they stand for.
///
/// A code is looked up wherever a resource has one: in `code`, `reasonCode`, `medicationCodeableConcept`, values,
/// components, contained resources, and `meta.security`. Case and dots of codes do not count.
///
/// The table is a beginning and no terminology server: of systems without a hierarchy in their codes (SNOMED CT, LOINC,
/// RxNorm) it knows the commonest codes alone. A house adds its own:
///
/// ```
/// use hippocrypt::fhir::LabelTable;
/// use hippocrypt::phr::SecurityLabel;
///
/// let table = LabelTable::pcf()
///     .with_code("http://snomed.info/sct", "427377003", &SecurityLabel::new("PSY")?)
///     .with_prefix("http://hl7.org/fhir/sid/icd-10-cm", "O", &SecurityLabel::new("PREGNANT")?);
/// let labels: Vec<_> = table.labels_of("http://hl7.org/fhir/sid/icd-10-cm", "F10.20").map(|l| l.as_str()).collect();
/// assert_eq!(labels, ["ETH", "ETHUD"]);
/// # Ok::<(), hippocrypt::phr::RoleError>(())
/// ```
#[derive(Clone)]
pub struct LabelTable {
    /// Which of `rows` a system is, by its URI.
    systems: HashMap<Box<str>, usize>,
    rows: Vec<SystemRows>,
}

/// The rows of one system, by code.
type SystemRows = HashMap<Box<str>, Vec<(Reach, SecurityLabel)>>;

/// The same table as [`LabelTable::pcf`].
impl Default for LabelTable {
    fn default() -> Self {
        Self::pcf()
    }
}

impl LabelTable {
    /// No codes: the labels that resources bear themselves still count.
    pub fn empty() -> Self {
        let mut table = Self { systems: HashMap::new(), rows: Vec::new() };
        for (_, uris) in SYSTEMS {
            for uri in *uris {
                table.systems.insert((*uri).into(), table.rows.len());
            }
            table.rows.push(SystemRows::new());
        }
        table
    }

    /// The sensitivities of the value sets that IHE's profile Privacy Consent on FHIR names, by the codes of ICD-10, ICD-9-CM,
    /// SNOMED CT, LOINC, RxNorm and HCPCS: `PSY`, `ETH` (with `ETHUD` for alcohol or `OPIOIDUD` for drugs), `SDV`, `HIV`;
    /// and `SEX` and `STD`.
    pub fn pcf() -> Self {
        Self::shared_pcf().clone()
    }

    /// [`LabelTable::pcf`], made once.
    pub(super) fn shared_pcf() -> &'static Self {
        static TABLE: LazyLock<LabelTable> = LazyLock::new(|| LabelTable::of(ROWS));
        &TABLE
    }

    fn of(rows: &[Row]) -> Self {
        let mut table = Self::empty();
        for Row { system, reach, labels, codes } in rows {
            let uris = SYSTEMS.iter().find(|(known, _)| known == system).map(|(_, uris)| *uris);
            let Some(uri) = uris.and_then(<[_]>::first) else { continue };
            for label in labels.iter().filter_map(|label| SecurityLabel::new(label).ok()) {
                for code in *codes {
                    table.add(uri, code, *reach, &label);
                }
            }
        }
        table
    }

    /// The table with one code of a system (its URI) more.
    #[must_use]
    pub fn with_code(mut self, system: &str, code: &str, label: &SecurityLabel) -> Self {
        self.add(system, code, Reach::Exact, label);
        self
    }

    /// The table with all codes of a system (its URI) that begin so: right for classifications such as ICD.
    #[must_use]
    pub fn with_prefix(mut self, system: &str, prefix: &str, label: &SecurityLabel) -> Self {
        self.add(system, prefix, Reach::Prefix, label);
        self
    }

    /// What a code stands for, in no order of importance; a label may come more than once.
    pub fn labels_of(&self, system: &str, code: &str) -> impl Iterator<Item = &SecurityLabel> {
        let rows = self.systems.get(system).and_then(|at| self.rows.get(*at)).filter(|rows| !rows.is_empty());
        let code = rows.map(|_| normalized(code)).unwrap_or_default();
        let whole = code.len();
        (0..=whole).flat_map(move |length| {
            let found = code.get(..length).and_then(|part| rows?.get(part));
            let counts = move |reach: Reach| reach == Reach::Prefix || length == whole;
            found.into_iter().flatten().filter(move |(reach, _)| counts(*reach)).map(|(_, label)| label)
        })
    }

    fn add(&mut self, system: &str, code: &str, reach: Reach, label: &SecurityLabel) {
        let next = self.rows.len();
        let at = *self.systems.entry(system.into()).or_insert(next);
        if at == next {
            self.rows.push(SystemRows::new());
        }
        if let Some(rows) = self.rows.get_mut(at) {
            rows.entry(normalized(code).into()).or_default().push((reach, label.clone()));
        }
    }
}

/// How many codes there are of how many systems.
impl fmt::Debug for LabelTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: usize = self.rows.iter().map(HashMap::len).sum();
        f.debug_struct("LabelTable").field("systems", &self.rows.len()).field("codes", &codes).finish()
    }
}

/// A code as it stands in the table: in capitals, without dots.
fn normalized(code: &str) -> String {
    let chars = code.chars().filter(|char| *char != '.').map(|char| char.to_ascii_uppercase());
    chars.take(MAX_CODE_BYTES).collect()
}

/// What a coding of `meta.security` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// A label that restricts.
    Label(&'a str),
    /// Something that does not restrict who may read: test data, a purpose, normal confidentiality.
    Nothing,
    /// A code that might restrict, and is not known.
    Unknown,
}

/// What a label of a resource says by itself; codes of other systems are the business of the table.
pub(super) fn said<'a>(system: Option<&str>, code: &'a str) -> Said<'a> {
    let act_code = system.is_none_or(|system| ACT_CODE.contains(&system));
    let confidentiality = system.is_none_or(|system| CONFIDENTIALITY.contains(&system));
    if act_code && SENSITIVITIES.contains(&code) || confidentiality && RESTRICTED.contains(&code) {
        Said::Label(code)
    } else if (act_code || confidentiality) && !UNRESTRICTED.contains(&code) {
        Said::Unknown
    } else {
        Said::Nothing
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    const ICD10: &str = "http://hl7.org/fhir/sid/icd-10-cm";
    const SNOMED: &str = "http://snomed.info/sct";

    fn labels(table: &LabelTable, system: &str, code: &str) -> Vec<String> {
        let found: BTreeSet<String> =
            table.labels_of(system, code).map(|label| label.as_str().into()).collect();
        found.into_iter().collect()
    }

    #[test]
    fn the_table_knows_the_sensitivities() {
        let table = LabelTable::pcf();
        for (system, code, expected) in [
            (ICD10, "F20.0", &["PSY"][..]),
            (ICD10, "f200", &["PSY"]),
            (ICD10, "F99", &["PSY"]),
            (ICD10, "F03.90", &[]),
            (ICD10, "F10.20", &["ETH", "ETHUD"]),
            (ICD10, "F11.23", &["ETH", "OPIOIDUD"]),
            (ICD10, "F17.210", &[]),
            (ICD10, "F64.0", &["PSY", "SEX"]),
            (ICD10, "B20", &["HIV"]),
            (ICD10, "Z21", &["HIV"]),
            (ICD10, "Z2", &[]),
            (ICD10, "T74.11XA", &["SDV"]),
            (ICD10, "I10", &[]),
            (ICD10, "", &[]),
            ("urn:oid:2.16.840.1.113883.6.90", "B20", &["HIV"]),
            ("http://hl7.org/fhir/sid/icd-9-cm", "305.1", &[]),
            ("http://hl7.org/fhir/sid/icd-9-cm", "305.00", &["ETH", "ETHUD"]),
            ("http://hl7.org/fhir/sid/icd-9-cm", "042", &["HIV"]),
            (SNOMED, "370143000", &["PSY"]),
            (SNOMED, "3701430001", &[]),
            (SNOMED, "37014300", &[]),
            ("http://loinc.org", "74013-4", &["ETH", "ETHUD"]),
            ("http://loinc.org", "2339-0", &[]),
            ("http://example.com", "F20", &[]),
        ] {
            assert_eq!(labels(&table, system, code), expected, "{system} {code}");
        }
        assert_eq!(labels(&LabelTable::empty(), ICD10, "B20"), [""; 0]);
    }

    #[test]
    fn every_row_is_reached_by_every_name_of_its_system() {
        let table = LabelTable::pcf();
        for row in ROWS {
            assert!(!row.codes.is_empty() && !row.labels.is_empty());
            let (_, uris) = SYSTEMS.iter().find(|(system, _)| *system == row.system).unwrap();
            for (uri, code) in uris.iter().flat_map(|uri| row.codes.iter().map(move |code| (uri, code))) {
                let found = labels(&table, uri, code);
                assert!(row.labels.iter().all(|label| found.iter().any(|f| f == label)), "{uri} {code}");
            }
        }
        for (a, row) in ROWS.iter().enumerate() {
            for other in &ROWS[..a] {
                let twice = |code: &&&str| other.system == row.system && other.codes.contains(code);
                let same = other.labels == row.labels;
                assert_eq!(row.codes.iter().find(twice).filter(|_| same), None);
            }
            let codes: BTreeSet<_> = row.codes.iter().collect();
            assert_eq!(codes.len(), row.codes.len(), "a code stands twice: {row:?}");
        }
    }

    #[test]
    fn houses_add_rows() {
        let vip = SecurityLabel::new("VIP").unwrap();
        let table = LabelTable::pcf()
            .with_code("https://example.com/labels", "vip", &vip)
            .with_prefix("urn:oid:2.16.840.1.113883.6.90", "I2", &vip)
            .with_prefix("https://example.com/all", "", &vip);
        assert_eq!(labels(&table, "https://example.com/labels", "VIP"), ["VIP"]);
        assert_eq!(labels(&table, "https://example.com/labels", "VIPS"), [""; 0]);
        assert_eq!(labels(&table, "https://example.com/all", "x"), ["VIP"]);
        assert_eq!(labels(&table, ICD10, "I21.4"), ["VIP"]);
        assert_eq!(labels(&table, ICD10, "F20"), ["PSY"]);
    }

    #[test]
    fn labels_of_resources_speak_for_themselves() {
        let (act, confidentiality) = (Some(ACT_CODE[0]), Some(CONFIDENTIALITY[0]));
        assert_eq!(said(act, "PSY"), Said::Label("PSY"));
        assert_eq!(said(None, "HIV"), Said::Label("HIV"));
        assert_eq!(said(confidentiality, "V"), Said::Label("V"));
        assert_eq!(said(confidentiality, "N"), Said::Nothing);
        assert_eq!(said(act, "R"), Said::Unknown);
        assert_eq!(said(confidentiality, "X"), Said::Unknown);
        assert_eq!(said(Some("http://terminology.hl7.org/CodeSystem/v3-ActReason"), "HTEST"), Said::Nothing);
        assert!(SENSITIVITIES.iter().all(|label| SecurityLabel::new(label).is_ok()));
    }
}
