//! Dates.

use super::Rows;
use crate::expression::Means::*;

pub fn days() -> Rows {
    let date = |from, to| Days("date", from, to);
    let born = |from, to| Days("birthdate", from, to);
    vec![
        ("date:2013-07-15", date("2013-07-15", "2013-07-15")),
        ("date:2012-03", date("2012-03", "2012-03")),
        ("date:2016", date("2016", "2016")),
        ("date>=2019-01-01", date("2019-01-01", "")),
        ("date>2018-11", date("2018-12", "")),
        ("date<1990", date("", "1989")),
        ("date<=1985-06-30", date("", "1985-06-30")),
        ("date<0500", date("", "0499")),
        ("date:2010-06-15..2011-02-10", date("2010-06-15", "2011-02-10")),
        ("date:2015-02-28..2015-03-01", date("2015-02-28", "2015-03-01")),
        // In the middle of what lasts.
        ("date:1997-05-20", date("1997-05-20", "1997-05-20")),
        ("date:2022-02-01", date("2022-02-01", "2022-02-01")),
        ("date:2010-07", date("2010-07", "2010-07")),
        ("date>=1950", date("1950", "")),
        ("birthdate:1954-01-20", born("1954-01-20", "1954-01-20")),
        ("birthdate:1924-06", born("1924-06", "1924-06")),
        ("birthdate:1939", born("1939", "1939")),
        ("birthdate:1948-08-17", born("1948-08-17", "1948-08-17")),
        ("birthdate>=2010-08-02", born("2010-08-02", "")),
        ("birthdate<1930", born("", "1929")),
        ("birthdate:1970-01-01..1979-12-31", born("1970-01-01", "1979-12-31")),
    ]
}

pub fn others() -> Rows {
    vec![
        ("onset-date:2013", Days("onset-date", "2013", "2013")),
        ("onset-date>=2018-06", Days("onset-date", "2018-06", "")),
        ("onset-date:2010-12-31", Days("onset-date", "2010-12-31", "2010-12-31")),
        ("abatement-date:2014-05", Days("abatement-date", "2014-05", "2014-05")),
        ("abatement-date<2000-03-15", Days("abatement-date", "", "2000-03-14")),
        (
            "issued:2012-03-07 and type:Observation",
            State("type", "Observation").and(Days("issued", "2012-03-07", "2012-03-07")),
        ),
        (
            "type:DiagnosticReport issued:2022-05-31",
            State("type", "DiagnosticReport").and(Days("issued", "2022-05-31", "2022-05-31")),
        ),
        ("type:Condition and issued>2017-03", State("type", "Condition").and(Days("issued", "2017-04", ""))),
        ("authored-on:2013-07-15", Days("authored-on", "2013-07-15", "2013-07-15")),
        ("authored-on>=2015-03", Days("authored-on", "2015-03", "")),
        ("death-date:2006", Days("death-date", "2006", "2006")),
        ("death-date:2006-12-01..2006-12-20", Days("death-date", "2006-12-01", "2006-12-20")),
        ("end:2013-07-15", Days("end", "2013-07-15", "2013-07-15")),
        ("type:CarePlan and end>=2018", State("type", "CarePlan").and(Days("end", "2018", ""))),
    ]
}
