//! Identifiers and names.

use super::Rows;
use crate::expression::Means::*;

pub fn identifiers() -> Rows {
    let any = |value| Identifier("identifier", "", value);
    let ssn = "http://hl7.org/fhir/sid/us-ssn";
    vec![
        ("identifier:999-85-1751", any("999-85-1751")),
        ("identifier:999851751", any("999851751")),
        ("identifier:http://hl7.org/fhir/sid/us-ssn|999851751", Identifier("identifier", ssn, "999-85-1751")),
        ("identifier:http://hl7.org/fhir/sid/us-ssn|444-22-2222", Identifier("identifier", ssn, "444222222")),
        ("identifier:s99976595", any("S99976595")),
        ("identifier:\"011b4f39 35eb 4b34 8945 1473cce57ad1\"", any("011b4f39-35eb-4b34-8945-1473cce57ad1")),
        ("identifier:12345", any("12345")),
        ("identifier:\"a 123 456 789\"", any("A123456789")),
        ("identifier:999-85-175", any("99985175")),
        ("phone:555-308-1686", Identifier("phone", "", "5553081686")),
        ("phone:\"(03) 5555 6473\"", Identifier("phone", "", "0355556473")),
        ("phone:P.Heuvel@gmail.com", Identifier("phone", "", "p.heuvel@gmail.com")),
    ]
}

pub fn names() -> Rows {
    vec![
        ("name:Gerlach", Name("name", &["gerlach"], "")),
        ("family:gerlach", Name("family", &["gerlach"], "")),
        ("given:Gerlach", Name("given", &["gerlach"], "")),
        ("family:Trevino", Name("family", &["trevino"], "")),
        ("name:TREVIÑO", Name("name", &["trevino"], "")),
        ("given:\"José María\"", Name("given", &["jose", "maria"], "")),
        ("name:\"windsor peter james\"", Name("name", &["windsor", "peter", "james"], "")),
        ("name:grossmüller", Name("name", &["grossmuller"], "")),
        ("name:Ångström", Name("name", &["angstrom"], "")),
        ("given:luc", Name("given", &["luc"], "")),
        ("name:张无忌", Name("name", &["张无忌"], "")),
        ("family:mint", Name("family", &["mint"], "")),
        ("name:ger*", Name("name", &[], "ger")),
        ("name:St*", Name("name", &[], "st")),
        ("family:schae*", Name("family", &[], "schae")),
        ("name:\"chalmers pe*\"", Name("name", &["chalmers"], "pe")),
        ("family:stoltenbe*", Name("family", &[], "stoltenbe")),
        ("name:christiansens*", Name("name", &[], "christiansens")),
        ("name:hospital", Name("name", &["hospital"], "")),
        ("name:Nobody", Name("name", &["nobody"], "")),
    ]
}

pub fn sounds() -> Rows {
    vec![
        ("name~Maier", Sounds("name", "maier")),
        ("family~Schulz", Sounds("family", "schulz")),
        ("name~gerlack", Sounds("name", "gerlack")),
        ("given~Jozef", Sounds("given", "jozef")),
        ("family~smith", Sounds("family", "smith")),
    ]
}
