//! What stands below the options in `--help`: examples, and what scripts rely on.
//!
//! Lines have at most 80 characters, so that no terminal breaks an example.

mod index;
mod ledger;
mod outsourced;
mod vault;

pub use index::*;
pub use ledger::*;
pub use outsourced::*;
pub use vault::*;

use crate::speed::OPERATIONS;

macro_rules! story {
    () => {
        r#"Examples:
  hippocrypt setup --realm st-marys --declare "clearance: uint(8)"
  hippocrypt keygen --attributes "role:nurse, clearance = 3" --out ruiz.key
  hippocrypt encrypt --policy "clearance >= 2 or patient:4711" ecg.json
  hippocrypt decrypt --key ruiz.key ecg.json.hpcr

`hippocrypt COMMAND --help` has examples of every command."#
    };
}

pub const STORY: &str = story!();

pub const LONG: &str = concat!(
    story!(),
    r#"

Files:
  A file appears when it is whole and on the disk, and not before; nothing is
  overwritten without --force. Secret files and decrypted ones are made with
  mode 0600. `-` is standard input or output. On standard output decrypted data
  flows chunk by chunk, each verified; only exit code 0 says that it was all of
  it, and that the signature is right if one was demanded. A run that is killed
  may leave a hidden file .NAME.*.part behind, which can be deleted.

Exit codes:
    0  done; `policy` with a key or attributes: satisfied
    1  reading or writing failed, or a file exists and --force is not given
    2  wrong usage
    3  a file is malformed, or of the wrong kind
    4  a mistake in the text of a policy, a list of attributes, a schema or a
       question
    5  the attributes do not suffice, or the file is of another realm, id or
       version
    6  the file could not be opened: wrong key, wrong context, damaged or forged
       (deliberately without saying which)
    7  not authentic: a signature is missing, wrong or by somebody else, or a
       key is not genuine
    8  `speed`: a result was wrong (then no figure is printed)
    9  refused for now or for good: revoked, expired, sent again, out of order,
       or an old copy; what to do is said
  141  standard output was closed early (as by `head`)

With --json the result is one object on standard output (on standard error if
data goes to standard output), an error is {"error": {"code", "kind", "message",
"hint", ..}} on standard error, and a warning {"warning": ".."}."#
);

pub const SETUP: &str = r#"Examples:
  hippocrypt setup --realm st-marys
  hippocrypt setup --realm st-marys --declare "clearance: uint(8), seen: date"
  hippocrypt setup --realm st-marys --declare @numbers.txt
  hippocrypt setup --realm ward-7 --epochs --public w7.hpcr --master w7.key

Writes public.hpcr, which everybody may have, master.key, with which everything
can be read, and with --declare schema.hpcr, which says what is a number. Give
public.hpcr and schema.hpcr to whoever encrypts or decrypts, and let them
compare the realm id that is printed.

With --epochs keys can be revoked. They go to proxies, which serve readers who
have enrolled; nobody holds a whole key. `hippocrypt epoch begin` comes next."#;

pub const SCHEMA: &str = r#"Examples:
  hippocrypt schema --declare "clearance: uint(8), shift-end: date"
  hippocrypt schema --declare @numbers.txt --force

A number has a width of 1 to 64 bits, `uint(8)` holds 0 to 255; a `date` is
exact to the minute. Keys and policies that were made under a former schema keep
the numbers they were made with."#;

pub const KEYGEN: &str = r#"Examples:
  hippocrypt keygen -a "role:cardiologist, dept:cardiology" --out chen.key
  hippocrypt keygen -a "role:nurse, clearance = 3" --out ruiz.key
  hippocrypt keygen -a "locum, shift-end = 2026-12-01T08:00Z" --out locum.key
  hippocrypt keygen -a @chen.txt --out - | ssh chen 'umask 077; cat > chen.key'

An attribute is a name, a name and a value (role:nurse), or a declared number
(clearance = 3). Values with spaces are quoted: dept:"intensive care"."#;

pub const DELEGATE: &str = r#"Examples:
  hippocrypt delegate --key chen.key -a "dept:cardiology" --out student.key
  hippocrypt delegate --key ruiz.key -a "role:nurse, clearance = 3" -o proxy.key

The new key can do what its attributes allow, and cannot be combined with any
other key. A number is passed on as it is, or not at all."#;

pub const AUTHOR: &str = r#"Examples:
  hippocrypt author
  hippocrypt author --key lab.key --id lab.pub
  hippocrypt encrypt --sign lab.key --policy "role:physician" result.json

Anybody can encrypt for a realm: a signature says who did. Give the public key
to whoever decrypts, for `decrypt --author lab.pub`."#;

pub const ENCRYPT: &str = r#"Examples:
  hippocrypt encrypt --policy "role:cardiologist or patient:4711" ecg.json
  hippocrypt encrypt -p "role:nurse and clearance >= 3" --sign lab.key ecg.json
  hippocrypt encrypt -p "2 of (role:cardiologist, dept:icu, head)" ecg.json
  pg_dump records | hippocrypt encrypt -p @backup.policy - > records.hpcr

Policies are made of attributes with and, or, parentheses, `k of (..)`, and
comparisons of declared numbers (>= > <= < = in). The policy, the record id and
the length of the file are public; the context is not stored, though a guess at
it can be tested.

In a realm with epochs a file opens with keys that are good until the epoch it
was made in. The authority states which one that is: --epoch gives a statement,
and the newest one ever seen is kept in epoch.hpcr beside the parameters."#;

pub const DECRYPT: &str = r#"Examples:
  hippocrypt decrypt --key chen.key ecg.json.hpcr
  hippocrypt decrypt --key chen.key --author lab.pub result.json.hpcr
  hippocrypt decrypt --key chen.key --out - ecg.json.hpcr | jq .
  curl -s https://store.example/ecg | hippocrypt decrypt -k chen.key - > ecg

On standard output data flows chunk by chunk, each verified: if the exit code is
not 0, what came is not the whole file, or not by the author demanded. A file
named by --out appears only if everything is right."#;

pub const INSPECT: &str = r#"Examples:
  hippocrypt inspect ecg.json.hpcr
  hippocrypt inspect --public public.hpcr --author lab.pub result.json.hpcr
  hippocrypt inspect --public public.hpcr chen.key
  hippocrypt --json inspect ecg.json.hpcr | jq .policy

With --public a file is checked against the realm: an encrypted file for rows
that contradict each other, a schema for its signature, a key for being genuine.
It takes no secret: whoever accepts uploads asks this first. A signed file is
read as a whole, any other only at its beginning."#;

pub const POLICY: &str = r#"Examples:
  hippocrypt policy "role:cardiologist and (dept:icu or clearance >= 3)"
  hippocrypt policy "2 of (a, b, c)" --attributes "a, c"
  hippocrypt policy --of ecg.json.hpcr --key chen.key

With attributes or a key the exit code is 0 if they satisfy the policy and 5 if
not. A row is 48 bytes of the header; decryption takes 2 pairings and one for
each repetition of an attribute that it uses."#;

/// Below the options of `speed`: the operations describe themselves.
pub fn speed() -> String {
    let operations: Vec<String> =
        OPERATIONS.iter().map(|op| format!("  {:<16}  {}\n", op.name, op.about)).collect();
    format!("{SPEED}{}{SPEED_COLUMNS}", operations.concat())
}

const SPEED: &str = r#"Examples:
  hippocrypt speed --quick
  hippocrypt speed --quick --op encrypt,decrypt --shape and,k-of-n --n 20
  hippocrypt speed --quick --op seal-payload,aead --payload 4KiB,64KiB
  hippocrypt speed --quick --op issue,refresh,seal --n 10 --epochs 10,13,16
  hippocrypt speed --quick --plot speed.svg
  hippocrypt speed --json | tee after.json | jq .rows
  hippocrypt speed --compare before.json after.json
  hippocrypt speed revocation --json | jq .changes

The grid is operation x shape of policy x n x cold or warm x payload. Without
options all of it is measured, which takes minutes. An operation that lacks an
axis is measured once for it: --n does not concern setup.

Shapes, all with n leaves, which are n rows of the ciphertext, no two alike:
  and         all of n attributes; the reader uses n rows
  or          any of n attributes; the reader uses 1 row
  k-of-n      half of n attributes, rounded up
  mixed       a tree of `and`, `or` and `2 of 3` in turn, over n attributes
  comparison  all of several comparisons of 8-bit numbers, such as
              `x0 in 1..254 and x1 <= 254`, which expand to n leaves
The reader's key holds every attribute that the policy names, in every shape,
or every number, which is 9 components.

Operations:
"#;

pub const SPEED_REVOCATION: &str = r#"Examples:
  hippocrypt speed revocation
  hippocrypt speed revocation --readers 10000 --epochs 7
  hippocrypt speed revocation --json --out /var/tmp/realm | jq .changes

A realm with N readers is made, each with a Y and a key id of his own; the
registry of issued keys is a file. Then the epoch changes K times: the authority
goes through its registry and makes the tokens of every live key, in batches of
4,096, which go to a file (350 bytes of disk for each reader in all). Time is the
CPU time of the one thread, all of that included; pairings are measured beside.

Checked is that 1,000 keys chosen at random accept the newest tokens, each
against its own K1, that a dismissed reader gets none, and that a reader who was
idle all the while is refreshed on demand and opens a record of the newest
epoch. Up to here the peak memory counts. At the end a tenth of the readers is revoked
at the proxy, one by one: `revoke user` is the median of the first ones, and of
the last ones. Something wrong ends the run with exit code 8."#;

pub const SPEED_RECORDS: &str = r#"Examples:
  hippocrypt speed records
  hippocrypt speed records --input bundles/ --attachment 0 --many 0
  hippocrypt speed records --json | jq .import.per_second

A house with its authority, a writer, a physician's phone and the cloud, all in
one thread of one process, over an embedded store in a folder. `import` reads
FHIR, encrypts and signs each resource, and uploads what belongs to one file;
the cloud checks it and commits it durably before the next: wall clock, all of
that included. Ten records are asked for by name and opened, each answer written
into the ledger, durably, before it leaves (median). The attachment goes up
in chunks, each durable, and comes down verified; the most memory of the process
until then is `peak memory`. At last a store is filled with small records,
opened again, and read at random."#;

pub const SPEED_SEARCH: &str = r#"Examples:
  hippocrypt speed search
  hippocrypt speed search --pairs 100000 --samples 15
  hippocrypt speed search --input fhir --pairs 1000
  hippocrypt speed search --json | jq .bars

An index in one thread of one process, in memory: an owner, labs, a reader, the
gate and the server. A pair is a keyword and a record; segments have 32 slots,
all full. Every sample is CPU time between two pairings, and every result is
checked outside the clock; a wrong one ends the run with exit code 8.

  extract             from a resource that was read to its keywords
  extract-and-read    the same with reading and checking the file
  index-append        warm: hashing, nonce, sorting, Merkle tree, signature
  .. -unsigned        the same less a signature for each segment, which is
                      measured beside, since no writer leaves it out
  .. -cold            keywords that are new: the owner's, each; a lab's first
                      upload of 20 keywords with all its tables
  server-append       checking a segment and storing it in memory
  trapdoor-reader     asking and unblinding, for each keyword of a batch
  trapdoor-verify     the check of a whole batch (of 1, of 64)
  gate                decoding, checking and raising a point, encoding it
  gate-admit          what comes before: signature, replay, caps, share
  entry-key-lab       from a trapdoor to the key of a lab's entries
  revoke-r0-gate      refusing a dismissed reader
  revoke-r1-owner     a fresh seed, its share, the next head
  revoke-r1-gate      taking the new share
  sync                verifying pages of segments into a mirror
  search-local-N      a search with N results, after the trapdoor
  search-remote-server  looking up a tag in a segment that lacks it

n is the number of pairs. Below stand the bars of the design, for a machine
where a pairing takes 592 µs: figures are scaled by the pairings beside them."#;

pub const SPEED_LEDGER: &str = r#"Examples:
  hippocrypt speed ledger
  hippocrypt speed ledger --entries 10000 --patients 100 --samples 15
  hippocrypt speed ledger --json | jq .bars

A log of N transactions of 350 bytes in an embedded store on the disk, made in
batches of 4,096; in it one patient with 1,000 transactions and one with 10,000,
or as many as the log has room for. In one thread of one process; every result
is verified outside the clock, and a wrong one ends the run with exit code 8.

  commit-of-disk    a store that commits one small row durably: what the disk
                    takes, whatever the ledger does
  ledger-fill       the making of the log: 4,096 transactions a commit
  ledger-append-1   one transaction: salt, hashes, rows, durable commit
  ledger-append-256 256 transactions of patients at random in one commit
  close-block       after 256 transactions: patients' heads, signature, commit
  prove             the inclusion of a transaction at random
  verify            that proof
  audit-patient     all transactions of the first patient with the proof that
                    they are all, made and verified
  account-verify-N  the verification of all transactions of the second patient
  heads-rebuild     the root over the heads of so many patients, from nothing

What ends on the disk is measured by the clock on the wall, everything else in
CPU time; the CPU time is in a column of its own for both. n is the size of the log, of heads-rebuild the number of patients.
Times are of the whole operation; the rate is of transactions. Bars are for a
log of a million; below stands which of them are met."#;

const SPEED_COLUMNS: &str = r#"
Cold: no attribute has a table. Warm: all have, as after some uses. The tables
of the realm's own bases are always there. Randomness and inputs are fresh for
each sample, and every result is verified, outside the clock: decryption yields
the plaintext, keys are genuine. A wrong result ends the run with exit code 8.

Of realms with epochs, which are those with a D, the depth of the tree: records
are of epoch 1, whose cover has D nodes, the realm is in epoch 3. Spans of time
have tables in cold runs, too: they are few, and the same for all readers.

Parameters: D; keys, in a batch of tokens (times are for one key of refresh, for
one token of verify-tokens); nodes, of the cover that a seal is made of, and
whether it is the first seal; chunk, the chunk size of records; api, the way of
the data:
  memory    to new memory, which is allocated under the clock
  into      to a buffer that is there (ContentKey::seal_into)
  in-place  nowhere: payload and record share their memory
  stream    through the chunk buffer of a writer or reader, to a buffer that is
            there: two copies

Columns: the median of the samples, on one thread; spread, the distance of their
quartiles in percent of the median; pairings, the median of each sample divided
by the pairings right before and after it, which is what to compare between
machines; bytes of what is made or read; for payloads the rate, and that rate as
a fraction of the bare cipher's: "of aead" in place in a hot cache, which is the
upper limit of what a record can reach; "of copy" with the memory and the copies
that no implementation of the api could do without.

Memory that is new costs page faults, and copies of more than the cache holds
wait for memory: aead-copy shows how much, and api=in-place avoids both."#;
