//! A question, as searches take it.

use clap::Args;
use hippocrypt::search::text::Language;

#[derive(Debug, Args)]
pub struct Ask {
    /// What is looked for, such as 'code:4548-4 and date>=2026-05'; several arguments are one question
    #[arg(value_name = "QUESTION", required = true)]
    pub question: Vec<String>,
    /// The language of its words, by its tag
    #[arg(long, value_name = "TAG", default_value = "en", value_parser = language)]
    pub language: Language,
    /// Say what the question takes: keywords, how many records each of them finds, and who sees what of it
    #[arg(long)]
    pub explain: bool,
    /// Let the cloud match, of a question without `not`: less to fetch, but it sees what matches, and may leave something out
    #[arg(long)]
    pub remote: bool,
}

fn language(tag: &str) -> Result<Language, String> {
    Language::of_tag(tag).ok_or_else(|| {
        let known: Vec<&str> = Language::ALL.iter().map(|language| language.tag()).collect();
        format!("the languages are {}", known.join(", "))
    })
}
