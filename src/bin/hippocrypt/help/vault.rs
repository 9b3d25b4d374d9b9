//! The manual of vaults. Its examples are one story.

pub const VAULT: &str = r#"Examples:
  hippocrypt vault init --realm st-marys
  hippocrypt vault enroll laboratory --writes all --out lab.key
  hippocrypt vault enroll dr-chen --attributes role:physician --out chen.key
  hippocrypt vault import --key lab.key bundle.json
  hippocrypt vault read --key chen.key house

A vault is a folder that stands for the machines of a house and its cloud. Each
subfolder is what one machine would have, and commands carry the bytes between:
  realm.hpcr   public: what every role knows
  authority/   the key office: master key, registry, which handle is whom
  cloud/       the cloud: nothing in it opens anything, whoever steals it
  seal/        whoever keeps the seal key
  index/       whoever keeps the search indexes of patients, if there are any
  gate/        the gate of searches: worth nothing alone
A person's key file is what his phone would have. Keep each where it belongs.

What a command of the authority says reaches the cloud before it returns, with a
lease and a statement of the epoch for a day. Readers and writers use only what
lies in the cloud; after a day `hippocrypt vault lease` lets it serve again.

--vault FOLDER, or HIPPOCRYPT_VAULT, names another folder than `vault`. Runs in
one vault wait for each other, and may be killed anywhere."#;

pub const VAULT_INIT: &str = r#"Examples:
  hippocrypt vault init --realm st-marys
  hippocrypt vault init --vault ward-7 --rules rules.txt --schema numbers.txt

Prints the realm id, which people compare. Rules say who of the house may read
what; a patient and those with whom she shares may in any case. The default:
  history, condition, procedure, vital-sign, immunization, consent:
               role:physician or role:nurse
  lab-result:  role:physician or role:lab-technician
  imaging:     role:physician or role:radiologist
  medication, allergy:
               role:physician or role:nurse or role:pharmacist
  note, other: role:physician
and for what bears a label, besides:
  R clearance:restricted    PSY clearance:mental-health
  ETH, ETHUD, OPIOIDUD clearance:substance-use
  HIV clearance:infectious-disease    SDV clearance:protection
  SEX clearance:reproductive-health"#;

pub const VAULT_ENROLL: &str = r#"Examples:
  hippocrypt vault enroll laboratory --writes all --out lab.key
  hippocrypt vault enroll dr-chen --attributes role:physician --out chen.key
  hippocrypt vault enroll dr-roe -a role:radiologist --writes imaging -o roe.key
  hippocrypt vault enroll anna --patient Patient/anna --out anna.key

The key file has a seed to read with and a key to sign with. What the rules
grant to attributes, --attributes opens; --writes lets its holder write for any
patient. --patient gives a patient her handle, the only name that the cloud has
for her: of a name in FHIR files the one that it has or will have, with `new`
one that nobody knows yet. She reads and writes all of her own records. Whoever
is patient and staff has a key file for each."#;

pub const VAULT_IMPORT: &str = r#"Examples:
  hippocrypt vault import --key lab.key bundle.json
  hippocrypt vault import --key lab.key --patient Patient/anna --attach scan.dcm
  hippocrypt vault import --key lab.key fhir/ --source st-marys --index
  curl -s https://ehr.example/bulk | hippocrypt vault import --key lab.key -

FHIR is taken apart: every resource becomes a record of its patient, under the
policy that the rules have for its category and labels. The rest of the file is
a record, too, so that `export --as original` gives it back. In a file about one
patient all of it is hers; among several, what is nobody's is the house's. What
is not JSON is taken as it is, with --patient to say whose it is.

A file that was imported whole is passed over the next time: a run that was
killed is taken up by giving the command again. One that is refused does not
stop the others; the exit code is that of the first. --json lists the patients
with their handles.

With --index FHIR resources are found by `vault search`. The house keeps the
indexes of all patients (index/), and a gate (gate/), better on a machine of its
own. It costs 15 keywords a resource at most, 28 bytes each, padded to 1 KB for
each category of a patient in each upload, and some 10 ms for each category that
is new to her. The cloud learns when, how much and of which category, no word
more. What was imported without --index is not indexed later."#;

pub const VAULT_READ: &str = r#"Examples:
  hippocrypt vault read --key anna.key
  hippocrypt vault read --key chen.key Patient/anna --category imaging
  hippocrypt vault read --key anna.key --out mine
  hippocrypt vault read --key chen.key Patient/anna --ndjson - | jq .code.text

The key signs a question, the cloud does the pairings and writes down who asked,
the key finishes. What is not for this reader does not come; what is not genuine
is counted as refused, and left out (exit code 6)."#;

pub const VAULT_SEARCH: &str = r#"Examples:
  hippocrypt vault import --key lab.key --patient Patient/anna --index fhir/
  hippocrypt vault search --key chen.key --patient Patient/anna date:2026
  hippocrypt vault search --key anna.key 'note:"chest pain"' --open
  hippocrypt vault search -k anna.key 'value(4548-4)>9 %' --open --explain
  hippocrypt vault search --key anna.key 'name:mul*' --explain
  hippocrypt vault search --key anna.key Diabetes --language de
  hippocrypt --json vault search --key anna.key date:2026-05 --remote
  hippocrypt vault search --key anna.key --open \
    'code:4548-4 and date>=2026-05-01 and not status:cancelled'

Finds what `import --index` has indexed and the key may read. A question has
terms, joined by `and`, `or`, `not` and parentheses; side by side means `and`:
  code:4548-4  code:http://loinc.org|4548-4  code:E11*  under:E11  category:note
  date:2026-05  date>=2026-05-14  date:2026-01..2026-06
  value(4548-4)>9 %  value(4548-4):high  type:Observation and status:final
  name:mul*  family~meier  identifier:12-345  encounter:Encounter/4711
  note:"chest pain"  diabetes (a word in any text)
Quote it for the shell, which has a use of its own for >, ( and quotes.

The gate (gate/) helps without learning a word; the cloud learns that somebody
searched, and who. Without --remote everything is fetched and matched here, and
nothing is missing. With it the cloud matches tags, learns which of them match,
and may leave something out; `not` cannot be asked so.

A few more than meant may be found, where keywords are coarser than the question
or a record had more to say than its share of the index: --open reads what was
found, and drops what is not meant. Nothing found is no failure (exit code 0);
nothing that one may search is (5), and a question that cannot be asked (4)."#;

pub const VAULT_SHARE: &str = r#"Examples:
  hippocrypt vault share --key anna.key --with dr-roe --category lab-result
  hippocrypt vault share --key anna.key --with dr-roe --label PSY
  hippocrypt vault share --key anna.key --with dr-roe --label PSY --take-back

Records written before are shared as well, and none is encrypted anew. One that
bears labels opens with its category and all of its labels."#;

pub const VAULT_REVOKE: &str = r#"Examples:
  hippocrypt vault revoke dr-roe --attributes role:radiologist
  hippocrypt vault revoke dr-chen --advance

The cloud deletes his keys, and takes nothing of him any more, before the
command returns. --advance begins the next epoch: what is written in it is out
of his reach even with a dishonest cloud. `vault seal` does that for the rest.
If he could search indexes, the next epoch begins in any case, and all of these
get fresh keys: what he has kept of the former ones is worth nothing."#;

pub const VAULT_SEAL: &str = r#"Examples:
  hippocrypt vault seal --advance

After that what is stored opens only with keys that are good in this epoch: an
old key and the stolen cloud are worth nothing together, as long as the seal key
is elsewhere. A run that was killed is taken up by the next."#;

pub const VAULT_LEASE: &str = r#"Examples:
  hippocrypt vault lease
  hippocrypt vault lease --until 7d

A cloud that hears nothing of its authority stops serving by itself."#;

pub const VAULT_EXPORT: &str = r#"Examples:
  hippocrypt vault export --key anna.key --as collection --out mine
  hippocrypt vault export --key anna.key --as ndjson --out - | wc -l
  hippocrypt vault export --key chen.key house --as original --out files

`original` is the file that was imported, byte for byte: its SHA-256 is compared
before it appears, and begins its name. It takes somebody who may read every
record in it. The other forms hold what the reader may read, with the bytes of
each resource as they were; what is not FHIR comes with `vault read --out`."#;

pub const VAULT_FSCK: &str = r#"Examples:
  hippocrypt vault fsck
  hippocrypt vault fsck --sweep

Compares the checksum of every page, follows every row to where it leads, and
hashes every chunk, the log of updates and the ledger. Exit code 3 if
anything is wrong. A vault on a read-only disk can be checked, too."#;

pub const VAULT_BACKUP: &str = r#"Examples:
  hippocrypt vault backup cloud.backup
  hippocrypt vault backup - | ssh safe 'umask 077; cat > cloud.backup'

One file with all that the cloud has: ciphertext, transform keys, ledger. The
folder of the authority is not in it, because the two together open everything:
copy `authority` to another place while no command runs. So with `index` and
`gate`: without them no index grows, and nothing is found."#;

pub const VAULT_RESTORE: &str = r#"Examples:
  hippocrypt vault restore cloud.backup

The folder `cloud` must not be there: move a damaged one away. Dismissals since
the backup are carried out before the cloud serves anybody; who was enrolled
since then is enrolled again with `vault enroll --again`."#;

pub const VAULT_STATS: &str = r#"Examples:
  hippocrypt vault stats
  hippocrypt --json vault stats | jq .bytes"#;

pub const VAULT_LOG: &str = r#"Examples:
  hippocrypt vault log --last 20
  hippocrypt vault log --patient Patient/anna
  hippocrypt --json vault log --user dr-chen | jq .entries

Each entry stands in the log before anything was stored or released."#;
