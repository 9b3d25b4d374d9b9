//! Several terms, joined with `and`, `or`, `not` and parentheses.

use super::Rows;
use crate::expression::Means::{self, *};

pub fn joined() -> Rows {
    let code = |code| Code("code", "", code);
    let kind = |kind| State("type", kind);
    let date = |from, to| Days("date", from, to);
    let resolved = || State("clinical-status", "resolved");
    let deny = |means: Means| Not(Box::new(means));
    vec![
        (
            "code:8302-2 and date>=2015 and not date>=2017",
            code("8302-2").and(date("2015", "")).and_not(date("2017", "")),
        ),
        ("code:8302-2 date:2015", code("8302-2").and(date("2015", "2015"))),
        ("code:140 and date:2012-03", code("140").and(date("2012-03", "2012-03"))),
        ("code:140 and not date:2012-03-07", code("140").and_not(date("2012-03-07", "2012-03-07"))),
        ("type:CarePlan and not date:2010-07", kind("CarePlan").and_not(date("2010-07", "2010-07"))),
        (
            "category:lab-result and date:2013-05",
            Code("category", "", "lab-result").and(date("2013-05", "2013-05")),
        ),
        (
            "type:Condition and not clinical-status:active",
            kind("Condition").and_not(State("clinical-status", "active")),
        ),
        ("type:Observation and not status:final", kind("Observation").and_not(State("status", "final"))),
        ("type:Observation and not abnormal:high", kind("Observation").and_not(State("abnormal", "high"))),
        (
            "(code:2339-0 or code:38483-4) and date:2014",
            code("2339-0").or(code("38483-4")).and(date("2014", "2014")),
        ),
        (
            "code:72166-2 and not value(72166-2):\"266919005\"",
            code("72166-2").and_not(Answer("72166-2", "266919005")),
        ),
        ("code:4548-4 and not value(4548-4)>6 %", code("4548-4").and_not(Amount("4548-4", ">", 6.0, "%"))),
        (
            "code:28-1 and not value(28-1)<0.05 ug/mL",
            code("28-1").and_not(Amount("28-1", "<", 0.05, "ug/mL")),
        ),
        (
            "code:8867-4 and not value(8867-4)>100 /min",
            code("8867-4").and_not(Amount("8867-4", ">", 100.0, "/min")),
        ),
        (
            "value(8480-6)>=130 mm[Hg] and value(8462-4)>=85 mm[Hg]",
            Amount("8480-6", ">=", 130.0, "mm[Hg]").and(Amount("8462-4", ">=", 85.0, "mm[Hg]")),
        ),
        (
            "type:Observation and not (code:8302-2 or code:29463-7 or category:lab-result)",
            kind("Observation").and_not(Any(vec![
                code("8302-2"),
                code("29463-7"),
                Code("category", "", "lab-result"),
            ])),
        ),
        ("type:Condition and not text:disorders", kind("Condition").and_not(Words("text", "disorders"))),
        ("type:Condition and not text:disorder", kind("Condition").and_not(Words("text", "disorder"))),
        (
            "type:Condition and not text:\"acute bronchitis\"",
            kind("Condition").and_not(Phrase("text", "acute bronchitis")),
        ),
        ("type:MedicationRequest and text:tablets and not status:stopped", {
            kind("MedicationRequest").and(Words("text", "tablets")).and_not(State("status", "stopped"))
        }),
        ("type:Procedure and (text:injection or code:73761001) and date>=2000", {
            kind("Procedure").and(Words("text", "injection").or(code("73761001"))).and(date("2000", ""))
        }),
        ("type:Patient and not name:chalmers", kind("Patient").and_not(Name("name", &["chalmers"], ""))),
        ("type:Patient and not name:ch*", kind("Patient").and_not(Name("name", &[], "ch"))),
        ("type:Patient and not name:stoltenberx*", kind("Patient").and_not(Name("name", &[], "stoltenberx"))),
        ("type:Patient and not birthdate<1960", kind("Patient").and_not(Days("birthdate", "", "1959"))),
        ("type:Patient and sex:male and not birthdate:1900..1999", {
            kind("Patient").and(State("sex", "male")).and_not(Days("birthdate", "1900", "1999"))
        }),
        (
            "type:Patient and not identifier:999-85-1751",
            kind("Patient").and_not(Identifier("identifier", "", "999851751")),
        ),
        ("type:Observation and not issued:2012-03-07", {
            kind("Observation").and_not(Days("issued", "2012-03-07", "2012-03-07"))
        }),
        ("type:Condition and not (clinical-status:active and not onset-date<2000)", {
            kind("Condition").and_not(State("clinical-status", "active").and_not(Days(
                "onset-date",
                "",
                "1999",
            )))
        }),
        ("type:Condition and not (clinical-status:resolved or abatement-date<2010-06-15)", {
            kind("Condition").and_not(resolved().or(Days("abatement-date", "", "2010-06-14")))
        }),
        ("type:Condition and not under:E11", kind("Condition").and_not(Under("E11"))),
        ("(type:Condition and not clinical-status:active) or code:E11*", {
            kind("Condition").and_not(State("clinical-status", "active")).or(Under("E11"))
        }),
        ("type:Encounter and class:EMER and not date<2005", {
            kind("Encounter").and(State("class", "EMER")).and_not(date("", "2004"))
        }),
        ("type:Observation and not encounter:urn:uuid:2b6477d0-4684-4b85-a40e-0fe67bc01634", {
            let visit = "urn:uuid:2b6477d0-4684-4b85-a40e-0fe67bc01634";
            kind("Observation").and_not(Reference("encounter", visit))
        }),
        ("date>=2012 and type:MedicationRequest and (code:313782 or code:198405 or text:ibuprofen)", {
            let drugs = Any(vec![code("313782"), code("198405"), Words("text", "ibuprofen")]);
            All(vec![date("2012", ""), kind("MedicationRequest"), drugs])
        }),
        ("type:Immunization and not code:140 and not code:133", {
            All(vec![kind("Immunization"), deny(code("140")), deny(code("133"))])
        }),
        ("code:4548-4 and code:no-such-code", code("4548-4").and(code("no-such-code"))),
    ]
}
