//! One object of every type of the ledger, from a fixed seed.

use hippocrypt::ledger::*;
use hippocrypt::store::{Batch, MemoryStore, Store};
use hippocrypt::testing::TestRng;

use crate::objects::Object;

const LOG: &str = "golden.example/ledger";

pub fn objects() -> Vec<Object> {
    let mut rng = TestRng::new("golden ledger");
    let (mut store, mut scribe) = (MemoryStore::new(), Scribe::generate(LOG, &mut rng).unwrap());
    let patient = Subject::of(LOG, &[0x55; 16]);
    let transaction = |n: u8| Transaction {
        kind: if n == 0 { TransactionKind::RecordPut } else { TransactionKind::Access },
        subject: if n % 3 == 2 { Subject::NOBODY } else { patient },
        body: format!("golden transaction {n}").into_bytes(),
    };
    let mut entries = Vec::new();
    for half in [0..3, 3..7] {
        let mut batch = Batch::new();
        entries.extend(scribe.append(&store, &mut batch, half.map(transaction).collect()).unwrap());
        store.commit(&batch).unwrap();
        let (_, batch) = scribe.close_block(&store).unwrap();
        store.commit(&batch).unwrap();
    }
    let book = Book::of(&store);
    let checkpoint = book.checkpoint().unwrap().unwrap();
    let size = checkpoint.head().size;
    let receipt = scribe.receipt(&store, entries[..2].to_vec()).unwrap();
    let erased = Entry { opening: None, ..entries[1].clone() };
    macro_rules! public {
        ($type:ty, $name:expr, $value:expr) => {
            Object {
                name: $name,
                bytes: $value.to_bytes().to_vec(),
                reencode: |bytes| Some(<$type>::from_bytes(bytes).ok()?.to_bytes().to_vec()),
            }
        };
    }
    vec![
        public!(Leaf, "ledger-leaf", entries[1].leaf),
        public!(Entry, "ledger-entry", entries[1]),
        public!(Entry, "ledger-entry-erased", erased),
        public!(InclusionProof, "ledger-inclusion", book.prove_inclusion(2, size).unwrap().unwrap()),
        public!(ConsistencyProof, "ledger-consistency", book.prove_consistency(4, size).unwrap().unwrap()),
        public!(PatientAccount, "ledger-account", book.account(&patient).unwrap().unwrap()),
        public!(Receipt, "ledger-receipt", receipt),
        Object {
            name: "ledger-checkpoint",
            bytes: checkpoint.to_text().into_bytes(),
            reencode: |bytes| Some(Checkpoint::parse(bytes).ok()?.to_text().into_bytes()),
        },
        Object {
            name: "ledger-scribe",
            bytes: scribe.to_bytes().expose_secret().clone(),
            reencode: |bytes| {
                let scribe = Scribe::from_bytes(bytes, &mut TestRng::new("salts")).ok()?;
                Some(scribe.to_bytes().expose_secret().clone())
            },
        },
    ]
}
