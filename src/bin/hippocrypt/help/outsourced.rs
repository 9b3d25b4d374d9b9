//! The manual of revocation and of proxies. Its examples are one story.

pub const EPOCH: &str = r#"Examples:
  hippocrypt epoch begin
  hippocrypt epoch statement --alone --until 12h --out today.hpcr
  hippocrypt epoch show
  hippocrypt epoch advance --alone

The folder `authority` holds the log of updates, a file for each, and the
registry of issued keys. Every update stands there before it is printed; send it
to every proxy. Whoever encrypts gets a statement, and gives it with --epoch.

If the folder may be an old copy, those revoked since then would be alive again.
So every command of the authority that says something asks witnesses: --witness
takes a proxy's folder, a copy of its updates, or its newest update. If they
know more, the authority takes it from them and advances the epoch first. With
--alone nobody is asked: right before any proxy has heard anything."#;

pub const ENROLL: &str = r#"Examples:
  hippocrypt enroll new --seed chen.seed
  hippocrypt enroll nonce --user dr-chen --out nonce
  hippocrypt enroll ask --seed chen.seed --user dr-chen --nonce nonce -o ask
  hippocrypt enroll check ask

The reader makes a seed and keeps it; the authority draws a nonce for him, by
its own means sure who he is; he answers it; the authority checks the answer.
Nothing that travels is secret."#;

pub const LEASE: &str = r#"Examples:
  hippocrypt lease --proxy ward-7 --until 1h --out ward-7.lease --alone
  hippocrypt lease --proxy ward-7 --out next.lease --witness proxy

A proxy serves while it has a lease, and has applied the update that the lease
names: one that is cut off, or restored from a copy, serves no longer."#;

pub const ISSUE: &str = r#"Examples:
  hippocrypt issue --user dr-chen -a role:cardiologist -o chen.transform --alone

The key goes to the proxy, over a confidential channel, and never to the reader:
with his seed it would be a full key that nobody can take back."#;

pub const GRANT: &str = r#"Examples:
  hippocrypt grant dr-chen -a "on-call" --out chen.grant --alone

One more component for the key; nobody else's is touched. A number that the key
has with another value takes another key: revoke it, and issue anew."#;

pub const REFRESH: &str = r#"Examples:
  hippocrypt refresh --out tokens --alone
  hippocrypt refresh --key dr-chen --from 1 --out late --alone

Comes after every advance. A file is on the disk before the registry says that
its keys are refreshed; a run that was interrupted is taken up by another one.
--key makes the tokens of one key again, if they were lost on the way."#;

pub const REVOKE: &str = r#"Examples:
  hippocrypt revoke attributes dr-chen "on-call" -o chen2.transform --alone
  hippocrypt revoke user dr-chen --advance --alone
  hippocrypt revoke key 00112233445566778899aabbccddeeff --alone

A proxy that does its duty stops at once. With one that does not, all that is
encrypted in later epochs is out of reach: --advance begins the next one now.
Whoever loses some attributes keeps the others under a new key, and his seed."#;

pub const PROXY: &str = r#"Examples:
  hippocrypt proxy init --name ward-7
  hippocrypt proxy take authority/updates chen.transform ward-7.lease
  hippocrypt proxy add ecg.json.hpcr
  hippocrypt proxy inspect
  hippocrypt proxy seal-key --out seal.key

`take` sorts what it is given: updates first, then keys, grants, tokens, leases;
what it has is passed over. What an update revokes is deleted before the next
file is looked at. `add` keeps the record beside the header, and checks that all
readers would see the same. Delete the file then: its header has no seal."#;

pub const SEAL: &str = r#"Examples:
  hippocrypt seal --seal-key seal.key

After that a stored header opens only with keys that are good until the current
epoch: an old key and the stolen store are worth nothing together, as long as
the seal key is elsewhere. Refresh keys first. A run that was killed is taken up
by the next; losing the seal key loses no record."#;

pub const REQUEST: &str = r#"Examples:
  hippocrypt request --of ecg.json.hpcr --seed chen.seed --user dr-chen -o req

A header is named by its id, by the encrypted file, or by an earlier request."#;

pub const TRANSFORM: &str = r#"Examples:
  hippocrypt transform req --out ecg.answer --record rec

The proxy answers if its lease holds, the reader is not revoked, and the request
is fresh, signed by him, and was not answered before."#;

pub const FINISH: &str = r#"Examples:
  hippocrypt finish ecg.answer --of req --record rec --seed chen.seed -o ecg

Whatever a proxy sends, the right record comes out, or none."#;
