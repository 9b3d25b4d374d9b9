//! Results.

use super::Rows;
use crate::expression::Means::*;

pub fn amounts() -> Rows {
    vec![
        ("value(4548-4)>6 %", Amount("4548-4", ">", 6.0, "%")),
        ("value(4548-4)>=5.9 %", Amount("4548-4", ">=", 5.9, "%")),
        ("value(8480-6)>140 mm[Hg]", Amount("8480-6", ">", 140.0, "mm[Hg]")),
        ("value(8462-4)<=60 mm[Hg]", Amount("8462-4", "<=", 60.0, "mm[Hg]")),
        ("value(8462-4)<60 mm[Hg]", Amount("8462-4", "<", 60.0, "mm[Hg]")),
        ("value(29463-7)<10 kg", Amount("29463-7", "<", 10.0, "kg")),
        ("value(8302-2)<=100 cm", Amount("8302-2", "<=", 100.0, "cm")),
        ("value(39156-5)>30 kg/m2", Amount("39156-5", ">", 30.0, "kg/m2")),
        ("value(2085-9)<40 mg/dL", Amount("2085-9", "<", 40.0, "mg/dL")),
        ("value(72514-3)<1 {score}", Amount("72514-3", "<", 1.0, "{score}")),
        ("value(777-3)>=400 10*3/uL", Amount("777-3", ">=", 400.0, "10*3/uL")),
        ("value(718-7):176 g/L", Amount("718-7", "=", 176.0, "g/L")),
        ("value(718-7)<=7.2 g/dL", Amount("718-7", "<=", 7.2, "g/dL")),
        ("value(718-7):7.2001 g/dL", Amount("718-7", "=", 7.2001, "g/dL")),
        ("value(4544-3):55 %", Amount("4544-3", "=", 55.0, "%")),
        ("value(20005)>100 258814008", Amount("20005", ">", 100.0, "258814008")),
        // In other spellings of the unit.
        ("value(777-3):444 10*3/uL", Amount("777-3", "=", 444.0, "10*9/L")),
        ("value(6690-2)<5 10^9/L", Amount("6690-2", "<", 5.0, "10*3/uL")),
        ("value(8480-6)>190 mmHg", Amount("8480-6", ">", 190.0, "mm[Hg]")),
        ("value(718-7)<8 g/dl", Amount("718-7", "<", 8.0, "g/dL")),
        ("value(72514-3)>9", Amount("72514-3", ">", 9.0, "")),
        // Negative numbers, zero, whole numbers, ranges.
        ("value(11555-0)<-1 mmol/L", Amount("11555-0", "<", -1.0, "mmol/L")),
        ("value(11555-0)>=-3.2 mmol/L", Amount("11555-0", ">=", -3.2, "mmol/L")),
        ("value(11555-0)<-3.2 mmol/L", Amount("11555-0", "<", -3.2, "mmol/L")),
        ("value(11555-0):0 mmol/L", Amount("11555-0", "=", 0.0, "mmol/L")),
        ("value(11638-0):3", Amount("11638-0", "=", 3.0, "")),
        ("value(8867-4)>130 /min", Amount("8867-4", ">", 130.0, "/min")),
        ("value(8867-4)>131 /min", Amount("8867-4", ">", 131.0, "/min")),
        // Of what is known in part: less than 0.06, 8 or more, 2 or less, more than 60.
        ("value(28-1)<0.05 ug/mL", Amount("28-1", "<", 0.05, "ug/mL")),
        ("value(28-1)>=0.06 ug/mL", Amount("28-1", ">=", 0.06, "ug/mL")),
        ("value(60533)>7", Amount("60533", ">", 7.0, "")),
        ("value(60512)>1", Amount("60512", ">", 1.0, "")),
        ("value(60512)>2", Amount("60512", ">", 2.0, "")),
        ("value(48643-1)>100 mL/min/{1.73_m2}", Amount("48643-1", ">", 100.0, "mL/min/{1.73_m2}")),
        ("value(48643-1)<=60 mL/min/{1.73_m2}", Amount("48643-1", "<=", 60.0, "mL/min/{1.73_m2}")),
        // Without the unit, and with another.
        ("value(29463-7)>70", Amount("29463-7", ">", 70.0, "")),
        ("value(29463-7)>70 g", Amount("29463-7", ">", 70.0, "g")),
        ("value(60551):0.5", Amount("60551", "=", 0.5, "")),
    ]
}

pub fn answers() -> Rows {
    vec![
        ("value(72166-2):\"449868002\"", Answer("72166-2", "449868002")),
        ("value(72166-2):\"8517006\"", Answer("72166-2", "8517006")),
        ("value(69453-9):\"363406005\"", Answer("69453-9", "363406005")),
        ("value(664-3):MNY", Answer("664-3", "MNY")),
        ("value(249227004):\"1\"", Answer("249227004", "1")),
        ("value(664-3):none", Answer("664-3", "none")),
        ("value(718-7):low", Flag("718-7", "low")),
        ("value(718-7):normal", Flag("718-7", "normal")),
        ("value(4544-3):high", Flag("4544-3", "high")),
        ("value(85354-9):low", Flag("85354-9", "low")),
        ("value(8462-4):low", Flag("8462-4", "low")),
        ("value(711-2):high", Flag("711-2", "high")),
        ("value(704-7):high", Flag("704-7", "high")),
        ("value(11555-0):low", Flag("11555-0", "low")),
        ("value(43478001):abnormal", Flag("43478001", "abnormal")),
        ("value(20005):high", Flag("20005", "high")),
        ("value(2339-0):high", Flag("2339-0", "high")),
    ]
}
