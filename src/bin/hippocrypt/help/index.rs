//! The manual of stand-alone indexes. Its examples are one story.

pub const INDEX: &str = r#"Examples:
  hippocrypt index plan --input fhir
  hippocrypt index create anna
  hippocrypt index add anna --input bundle.json
  hippocrypt index grant anna dr-chen --out chen.key
  hippocrypt index search anna --reader chen.key code:4548-4

An encrypted keyword index of one patient without a vault, to try it, and to
measure it. The folder stands for several machines; each subfolder is what one
of them would have, and commands carry the bytes between:
  owner/    the owner's device: her seed, of which everything comes
  writers/  one file for each writer: her own device, and labs
  server/   segments and heads: nothing in it opens anything
  gate/     shares, and who may ask: worth nothing without the readers' halves
  readers/  what was handed to each reader
Keywords are made of what FHIR resources say: codes, days, numbers, names, words
and more. `hippocrypt vault search --help` shows how to ask for them."#;

pub const INDEX_PLAN: &str = r#"Examples:
  hippocrypt index plan --input fhir
  hippocrypt index plan --input fhir --profile standard --profile strict
  hippocrypt --json index plan --input fhir | jq .profiles

Builds the index of every patient in the files under each profile, in memory, as
one device that writes all of it in one go, and throws it away. Cold time is for
the keys of keywords, once for each patient; warm time is for everything else,
signatures included; both are CPU time.

What the server sees of a patient is the number of segments and their padded
sizes: `alike` are the patients who have as many slots as another one. `repeats`
is the chance that two remote searches are seen to be the same, if keywords are
looked for as often as they occur. `volume` is what the search for the most
frequent keyword of one patient shows: how many records it finds."#;

pub const INDEX_CREATE: &str = r#"Examples:
  hippocrypt index create anna
  hippocrypt index create ward --profile lean

The seed in owner/owner.hpcr is the index: guard it, and keep a copy."#;

pub const INDEX_ADD: &str = r#"Examples:
  hippocrypt index add anna --input bundle.json
  hippocrypt index add anna --input fhir --as laboratory

All resources of the files go into the index, whoever they are about: an index
is one patient's. A file that was added by the same writer is passed over the
next time. A lab gets keys of its own when it is named for the first time, and
can read nothing back.

What is to be sent is saved before it is sent: a run that was killed is taken up
by the next one, which sends the rest first."#;

pub const INDEX_GRANT: &str = r#"Examples:
  hippocrypt index grant anna dr-chen --out chen.key
  hippocrypt index grant anna nurse-ruiz

Makes the reader's request key, tells the gate its public half, and hands the
reader his half of the search key, as the file readers/READER/seed. In a vault
nobody hands out seeds: there they are wrapped under a policy (CP-ABE), and open
to whose attributes satisfy it. Here, guard readers/ as you guard key files."#;

pub const INDEX_SEARCH: &str = r#"Examples:
  hippocrypt index search anna --reader chen.key code:4548-4
  hippocrypt index search anna -r chen.key code:4548-4 or code:2339-0 --remote
  hippocrypt index search anna -r chen.key 'value(4548-4)>9 %' --explain
  hippocrypt index search anna -r chen.key 'name:mul* or note:"chest pain"'
  hippocrypt index search anna --reader chen.key \
    'code:4548-4 and date>=2026-05-01 and not status:cancelled'

A question has terms, joined by `and`, `or`, `not` and parentheses: see
`hippocrypt vault search --help`. Quote it for the shell.

The gate turns each keyword into a trapdoor without seeing it. Then the reader
syncs all segments, verifies them, and searches at home: the server learns
nothing but that he has synced, and nothing can be missing. With --remote the
server looks up tags: nothing can be forged, but something may be held back, and
the server sees which segments match and which searches repeat; `not` cannot be
asked so. A few more than meant may be found, where keywords are coarser than
the question or a record had more to say than its share of the index.

Prints handles; the names of resources beside them come from writers/, where
they were indexed. In a vault a handle leads to the encrypted record."#;

pub const INDEX_REVOKE: &str = r#"Examples:
  hippocrypt index revoke anna nurse-ruiz

The gate refuses him from this moment on. Then the owner draws a fresh seed, the
gate's share is replaced, and the other readers are handed the new seed: the old
one is worth nothing, even with a dishonest gate that has not kept its share. No
byte of the index changes. What he has found he has found; trapdoors that he has
kept open what they opened before, until the next index epoch."#;

pub const INDEX_MERGE: &str = r#"Examples:
  hippocrypt index merge anna

Segments of labs stay as they are: only the owner opens hers."#;

pub const INDEX_STATS: &str = r#"Examples:
  hippocrypt index stats anna
  hippocrypt --json index stats anna | jq .writers"#;
