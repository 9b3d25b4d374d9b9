//! Which codes make a record sensitive: the rows of the label table.
//!
//! The sensitivities are those of the value sets that IHE's profile Privacy Consent on FHIR names: PSY, ETH with its parts
//! ETHUD (alcohol) and OPIOIDUD (drugs), SDV, HIV; as there, tobacco is none. Beside them stand SEX and STD. Where those
//! sets point to code lists elsewhere, the rows take the chapters of the classifications (ICD) and the commonest single
//! codes (SNOMED CT, LOINC, RxNorm ingredients, HCPCS). CPT has no row: its codes need a licence.

/// A code system, under each name that it goes by in FHIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// ICD-10 with its national versions: the chapters are the same.
    Icd10,
    Icd9Cm,
    SnomedCt,
    Loinc,
    RxNorm,
    Hcpcs,
}

pub(super) const SYSTEMS: &[(System, &[&str])] = &[
    (
        System::Icd10,
        &[
            "http://hl7.org/fhir/sid/icd-10-cm",
            "http://hl7.org/fhir/sid/icd-10",
            "http://hl7.org/fhir/sid/icd-10-de",
            "http://hl7.org/fhir/sid/icd-10-nl",
            "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
            "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
            "urn:oid:2.16.840.1.113883.6.90",
            "urn:oid:2.16.840.1.113883.6.3",
        ],
    ),
    (
        System::Icd9Cm,
        &[
            "http://hl7.org/fhir/sid/icd-9-cm",
            "http://hl7.org/fhir/sid/icd-9",
            "urn:oid:2.16.840.1.113883.6.103",
        ],
    ),
    (System::SnomedCt, &["http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"]),
    (System::Loinc, &["http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"]),
    (System::RxNorm, &["http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"]),
    (
        System::Hcpcs,
        &[
            "http://terminology.hl7.org/CodeSystem/HCPCS",
            "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
            "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
            "urn:oid:2.16.840.1.113883.6.285",
        ],
    ),
];

/// How the codes of a row are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// These codes alone.
    Exact,
    /// Every code that begins so; dots do not count.
    Prefix,
}

/// Codes of a system, and what they say.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) system: System,
    pub(super) reach: Reach,
    pub(super) labels: &'static [&'static str],
    pub(super) codes: &'static [&'static str],
}

const fn prefixes(system: System, labels: &'static [&'static str], codes: &'static [&'static str]) -> Row {
    Row { system, reach: Reach::Prefix, labels, codes }
}

const fn exact(system: System, labels: &'static [&'static str], codes: &'static [&'static str]) -> Row {
    Row { system, reach: Reach::Exact, labels, codes }
}

const ALCOHOL: &[&str] = &["ETH", "ETHUD"];
const DRUGS: &[&str] = &["ETH", "OPIOIDUD"];
const SUBSTANCES: &[&str] = &["ETH"];
const PSYCHIATRY: &[&str] = &["PSY"];
const HIV: &[&str] = &["HIV"];
const VIOLENCE: &[&str] = &["SDV"];
const SEXUALITY: &[&str] = &["SEX"];
const STD: &[&str] = &["STD"];

pub(super) const ROWS: &[Row] = &[
    // ICD-10: F20 to F99; suicidal thoughts and attempts, self-harm and its history.
    prefixes(System::Icd10, PSYCHIATRY, &["F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"]),
    prefixes(System::Icd10, PSYCHIATRY, &["R45.851", "T14.91", "Z91.5"]),
    prefixes(
        System::Icd10,
        PSYCHIATRY,
        &["X60", "X61", "X62", "X63", "X64", "X65", "X66", "X67", "X68", "X69"],
    ),
    prefixes(System::Icd10, PSYCHIATRY, &["X7", "X80", "X81", "X82", "X83", "X84"]),
    // Alcohol: its disorders, the diseases that it names, in pregnancy, found in blood, poisoning, counselling.
    prefixes(
        System::Icd10,
        ALCOHOL,
        &["F10", "E24.4", "G31.2", "G62.1", "G72.1", "I42.6", "K29.2", "K70", "K86.0"],
    ),
    prefixes(System::Icd10, ALCOHOL, &["O35.4", "O99.31", "R78.0", "T51", "Z71.41"]),
    // Drugs, without nicotine (F17).
    prefixes(System::Icd10, DRUGS, &["F11", "F12", "F13", "F14", "F15", "F16", "F18", "F19"]),
    prefixes(
        System::Icd10,
        DRUGS,
        &["O35.5", "O99.32", "R78.1", "R78.2", "R78.3", "R78.4", "R78.5", "T40", "Z71.51"],
    ),
    prefixes(System::Icd10, HIV, &["B20", "B21", "B22", "B23", "B24", "B97.35", "O98.7", "R75", "Z21"]),
    prefixes(System::Icd10, HIV, &["Z11.4", "Z20.6", "Z71.7"]),
    prefixes(System::Icd10, VIOLENCE, &["T74", "T76", "Y05", "Y06", "Y07", "O9A.3", "O9A.4", "O9A.5"]),
    prefixes(System::Icd10, VIOLENCE, &["Z04.4", "Z04.7", "Z62.81", "Z69", "Z91.41"]),
    prefixes(
        System::Icd10,
        SEXUALITY,
        &["F52", "F64", "F65", "F66", "O04", "Z30", "Z33.2", "Z72.5", "Z87.890"],
    ),
    prefixes(System::Icd10, STD, &["A5", "A60", "A63", "A64", "Z11.3", "Z20.2"]),
    // ICD-9-CM: 295 to 302 and 306 to 319.
    prefixes(System::Icd9Cm, PSYCHIATRY, &["295", "296", "297", "298", "299", "300", "301", "302"]),
    prefixes(System::Icd9Cm, PSYCHIATRY, &["306", "307", "308", "309", "31", "V62.84", "E95"]),
    prefixes(
        System::Icd9Cm,
        ALCOHOL,
        &["291", "303", "305.0", "357.5", "425.5", "535.3", "571.0", "571.1", "571.2"],
    ),
    prefixes(System::Icd9Cm, ALCOHOL, &["571.3", "790.3", "V11.3"]),
    prefixes(System::Icd9Cm, DRUGS, &["292", "304", "648.3"]),
    prefixes(
        System::Icd9Cm,
        DRUGS,
        &["305.2", "305.3", "305.4", "305.5", "305.6", "305.7", "305.8", "305.9"],
    ),
    prefixes(System::Icd9Cm, HIV, &["042", "079.53", "795.71", "V08", "V65.44"]),
    prefixes(
        System::Icd9Cm,
        VIOLENCE,
        &["995.5", "995.8", "E960.1", "E967", "V15.41", "V15.42", "V61.11", "V71.5"],
    ),
    prefixes(System::Icd9Cm, SEXUALITY, &["302", "635", "V25", "V69.2"]),
    prefixes(
        System::Icd9Cm,
        STD,
        &["054.1", "090", "091", "092", "093", "094", "095", "096", "097", "098", "099"],
    ),
    // SNOMED CT: disorders, findings and procedures of the everyday.
    exact(
        System::SnomedCt,
        PSYCHIATRY,
        &[
            "74732009",
            "35489007",
            "370143000",
            "36923009",
            "66344007",
            "78667006",
            "13746004",
            "58214004",
            "68890003",
            "69322001",
            "197480006",
            "21897009",
            "371631005",
            "231504006",
            "25501002",
            "47505003",
            "191736004",
            "406506008",
            "192127007",
            "72366004",
            "56882008",
            "78004001",
            "33449004",
            "20010003",
            "408856003",
            "35919005",
            "80583007",
            "82313006",
            "6471006",
            "225444004",
            "86849004",
            "171207006",
        ],
    ),
    exact(
        System::SnomedCt,
        ALCOHOL,
        &["7200002", "66590003", "15167005", "25702006", "8635005", "85561006", "24165007"],
    ),
    exact(
        System::SnomedCt,
        DRUGS,
        &[
            "6525002",
            "26416006",
            "191816009",
            "361055000",
            "75544000",
            "5602001",
            "87132004",
            "78267003",
            "31956009",
            "37344009",
            "85005007",
            "84758004",
            "21647008",
            "55680006",
            "266707007",
            "56876005",
            "60112009",
            "61480009",
        ],
    ),
    exact(System::SnomedCt, SUBSTANCES, &["66214007"]),
    exact(System::SnomedCt, HIV, &["86406008", "62479008", "165816005", "91947003", "80191000119101"]),
    exact(System::SnomedCt, VIOLENCE, &["706893006", "397940009", "248110007"]),
    exact(
        System::SnomedCt,
        SEXUALITY,
        &["714812005", "386394001", "10383002", "5880005", "57797005", "65200003", "169553002", "46706006"],
    ),
    exact(System::SnomedCt, STD, &["8098009", "15628003", "76272004", "240589008", "33839006"]),
    // LOINC: questionnaires of depression and anxiety, of drinking and of drugs, and tests.
    exact(System::Loinc, PSYCHIATRY, &["44249-1", "44261-6", "55757-9", "55758-7", "69737-5", "70274-6"]),
    exact(
        System::Loinc,
        ALCOHOL,
        &["74013-4", "72109-2", "75626-2", "75624-7", "11331-6", "5640-8", "5643-2"],
    ),
    exact(System::Loinc, DRUGS, &["82667-7", "11343-1", "3349-8", "3397-7", "3426-4", "3879-4"]),
    exact(
        System::Loinc,
        HIV,
        &[
            "55277-8", "75622-1", "56888-1", "31201-7", "7917-8", "68961-2", "29893-5", "30361-0", "20447-9",
            "25836-8",
        ],
    ),
    exact(System::Loinc, VIOLENCE, &["28245-9"]),
    exact(System::Loinc, SEXUALITY, &["76690-7", "76691-5"]),
    // RxNorm: ingredients that are given for nothing else, or seldom.
    exact(
        System::RxNorm,
        PSYCHIATRY,
        &[
            "6448", "2626", "61381", "51272", "35636", "89013", "5093", "115698", "4493", "36437", "321988",
            "2556", "32937", "39786",
        ],
    ),
    exact(System::RxNorm, ALCOHOL, &["3554", "82819"]),
    exact(System::RxNorm, DRUGS, &["1819", "6813"]),
    exact(System::RxNorm, SUBSTANCES, &["7243"]),
    exact(
        System::RxNorm,
        HIV,
        &[
            "195085", "276237", "300195", "68244", "11413", "190521", "85762", "343047", "460132", "719872",
            "1433868", "53654",
        ],
    ),
    // HCPCS: treatment and screening.
    exact(System::Hcpcs, SUBSTANCES, &["H0001", "H0005", "H0015", "G0396", "G0397"]),
    exact(System::Hcpcs, ALCOHOL, &["H0050", "G0442", "G0443"]),
    exact(System::Hcpcs, DRUGS, &["H0020"]),
    exact(System::Hcpcs, HIV, &["G0432", "G0433", "G0435", "G0475"]),
    exact(System::Hcpcs, PSYCHIATRY, &["H0031", "H2011", "G0444"]),
];

/// The sensitivities among the codes of HL7's ActCode: what `meta.security` may say.
pub(super) const SENSITIVITIES: &[&str] = &[
    "ADOL", "B", "BH", "CEL", "COGN", "DEMO", "DIA", "DOB", "DRGIS", "DVD", "EMOTDIS", "EMP", "EMPL", "ETH",
    "ETHUD", "GDIS", "GENDER", "HIV", "LIVARG", "LOCIS", "MARST", "MH", "OPIOIDUD", "PDS", "PHY", "PREGNANT",
    "PRS", "PSY", "PSYTHPN", "RACE", "REL", "SCA", "SDV", "SEX", "SICKLE", "SPI", "SSP", "STD", "SUD",
    "TBOO", "VIO",
];

/// HL7's ActCode, under each name that it goes by.
pub(super) const ACT_CODE: &[&str] = &[
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://hl7.org/fhir/v3/ActCode",
    "urn:oid:2.16.840.1.113883.5.4",
];

/// HL7's Confidentiality, under each name that it goes by.
pub(super) const CONFIDENTIALITY: &[&str] = &[
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "http://hl7.org/fhir/v3/Confidentiality",
    "urn:oid:2.16.840.1.113883.5.25",
];

/// The confidentialities that restrict: restricted and very restricted. Normal and below change nothing.
pub(super) const RESTRICTED: &[&str] = &["R", "V"];
/// The confidentialities that do not.
pub(super) const UNRESTRICTED: &[&str] = &["U", "L", "M", "N"];
