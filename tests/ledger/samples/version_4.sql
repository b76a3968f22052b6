BEGIN TRANSACTION;
CREATE TABLE cap (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    leverage_entry INTEGER NOT NULL,
    leverage_max INTEGER NOT NULL,
    level INTEGER NOT NULL,
    equity_max_age_ns INTEGER NOT NULL
);
INSERT INTO "cap" VALUES(1,2500,3000,4,30000000000);
CREATE TABLE configured (
    market TEXT NOT NULL,
    key TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (market, key)
) WITHOUT ROWID;
INSERT INTO "configured" VALUES('*','deals',8);
INSERT INTO "configured" VALUES('*','notional_uusd',1000000000);
CREATE TABLE deal (
    deal_id TEXT NOT NULL PRIMARY KEY,
    market TEXT NOT NULL,
    number INTEGER NOT NULL,
    direction INTEGER NOT NULL CHECK (direction IN (1, -1)),
    size TEXT NOT NULL,
    state TEXT NOT NULL,
    held_uusd INTEGER NOT NULL,
    edge_uusd INTEGER NOT NULL,
    opened_ns INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    attempts_from INTEGER NOT NULL DEFAULT 0,
    code_version TEXT NOT NULL DEFAULT '',
    UNIQUE (market, number)
) WITHOUT ROWID;
INSERT INTO "deal" VALUES('aaaaaa-ATOM-1','ATOM',1,-1,'0.001','WRITTEN_OFF',40040000,1000,1700000000000000000,1700000000000000008,0,'1');
INSERT INTO "deal" VALUES('aaaaaa-BTC-1','BTC',1,1,'0.001','OPEN',40040000,1000,1700000000000000000,1700000000000000002,0,'1');
INSERT INTO "deal" VALUES('aaaaaa-ETH-1','ETH',1,1,'0.001','CLOSED',0,1000,1700000000000000000,1700000000000000004,0,'1');
INSERT INTO "deal" VALUES('aaaaaa-ETH-2','ETH',2,-1,'0.001','VOID',0,1000,1700000000000000000,1700000000000000005,0,'1');
INSERT INTO "deal" VALUES('aaaaaa-LTC-1','LTC',1,-1,'0.001','STUCK',40040000,1000,1700000000000000000,1700000000000000007,0,'1');
INSERT INTO "deal" VALUES('aaaaaa-SOL-1','SOL',1,-1,'0.001','OPENING',41000000,1000,1700000000000000000,1700000000000000000,0,'1');
CREATE TABLE doubt (
    market TEXT NOT NULL PRIMARY KEY,
    since_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE entry_limit (
    market TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key IN ('deals', 'notional_uusd', 'deals_per_minute', 'deals_per_hour')),
    value INTEGER NOT NULL CHECK (typeof(value) = 'integer' AND value >= 0),
    PRIMARY KEY (market, key)
) WITHOUT ROWID;
INSERT INTO "entry_limit" VALUES('*','deals',8);
INSERT INTO "entry_limit" VALUES('*','notional_uusd',1000000000);
CREATE TABLE equity (
    venue TEXT NOT NULL PRIMARY KEY,
    equity_uusd INTEGER NOT NULL,
    gross_uusd INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "equity" VALUES('apex',100000000,0,1700000000000000008);
INSERT INTO "equity" VALUES('dydx',100000000,40100000,1700000000000000009);
CREATE TABLE fill (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    venue TEXT NOT NULL,
    fill_id TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES orders (client_id),
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price TEXT NOT NULL,
    size TEXT NOT NULL,
    fee_uusd INTEGER NOT NULL,
    venue_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    UNIQUE (venue, fill_id)
);
INSERT INTO "fill" VALUES(1,'dydx','fill-aaaaaa-ETH-1-dydx-o1','aaaaaa-ETH-1-dydx-o1','BUY','40000','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(2,'apex','fill-aaaaaa-ETH-1-apex-o1','aaaaaa-ETH-1-apex-o1','SELL','40040','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(3,'dydx','fill-aaaaaa-ETH-1-dydx-c1','aaaaaa-ETH-1-dydx-c1','SELL','40010','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(4,'apex','fill-aaaaaa-ETH-1-apex-c1','aaaaaa-ETH-1-apex-c1','BUY','40010','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(5,'dydx','fill-aaaaaa-BTC-1-dydx-o1','aaaaaa-BTC-1-dydx-o1','BUY','40000','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(6,'apex','fill-aaaaaa-BTC-1-apex-o1','aaaaaa-BTC-1-apex-o1','SELL','40040','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(7,'dydx','fill-aaaaaa-SOL-1-dydx-o1','aaaaaa-SOL-1-dydx-o1','SELL','40000','0.0004',20000,1,1700000000000000006);
INSERT INTO "fill" VALUES(8,'dydx','fill-aaaaaa-LTC-1-dydx-o1','aaaaaa-LTC-1-dydx-o1','SELL','40040','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(9,'apex','fill-aaaaaa-LTC-1-apex-o1','aaaaaa-LTC-1-apex-o1','BUY','40000','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(10,'apex','adl-1','forced:apex:adl-1:0','SELL','39000','0.001',0,1,1700000000000000006);
INSERT INTO "fill" VALUES(11,'dydx','fill-aaaaaa-ATOM-1-dydx-o1','aaaaaa-ATOM-1-dydx-o1','SELL','40040','0.001',20000,1,1700000000000000001);
INSERT INTO "fill" VALUES(12,'apex','fill-aaaaaa-ATOM-1-apex-o1','aaaaaa-ATOM-1-apex-o1','BUY','40000','0.001',20000,1,1700000000000000001);
CREATE TABLE funding (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    venue TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    market TEXT NOT NULL,
    payment_uusd INTEGER NOT NULL,
    venue_ns INTEGER NOT NULL,
    UNIQUE (venue, payment_id)
);
INSERT INTO "funding" VALUES(1,'apex','pay-1','BTC',-1234,1700000000000000000);
CREATE TABLE halt (
    market TEXT NOT NULL PRIMARY KEY,
    level TEXT NOT NULL CHECK (level IN ('halt', 'reduce', 'flatten')),
    why TEXT NOT NULL,
    who TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "halt" VALUES('LTC','halt','forced fill apex adl-1: SELL 0.001 at 39000','ledger',1700000000000000006);
INSERT INTO "halt" VALUES('MATIC','halt','odd prices','warden',1700000000000000012);
CREATE TABLE heartbeat (
    market TEXT NOT NULL PRIMARY KEY,
    pid INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    decided_ns INTEGER NOT NULL,
    code_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
INSERT INTO "heartbeat" VALUES('BTC',7,1700000000000000013,'holding',1700000000000000012,'1','hash');
CREATE TABLE incarnation (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL UNIQUE,
    created_ns INTEGER NOT NULL
);
INSERT INTO "incarnation" VALUES(1,'t5czy8',1700000000000000000);
INSERT INTO "incarnation" VALUES(2,'t5czy9',1700000000000000012);
CREATE TABLE journal (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    at_ns INTEGER NOT NULL,
    verb TEXT NOT NULL,
    market TEXT,
    deal_id TEXT,
    from_state TEXT,
    to_state TEXT,
    why TEXT NOT NULL,
    pid INTEGER NOT NULL,
    code_version TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64)
);
INSERT INTO "journal" VALUES(1,1700000000000000000,'set_cap',NULL,NULL,NULL,NULL,'test: leverage 2.5 up to 3, level 4',7,'1','hash','t5czy8:1700000000000000000','570b40875d8b58b24bc4e2c96aab9c1f0baa58354d08cbc7eba46e8448283ec3');
INSERT INTO "journal" VALUES(2,1700000000000000000,'reserve','ETH','aaaaaa-ETH-1',NULL,'OPENING','test',7,'1','hash','570b40875d8b58b24bc4e2c96aab9c1f0baa58354d08cbc7eba46e8448283ec3','f77d63686ee853efecad5e8882c6b493daceedabfeef156231db2b79b8c26d18');
INSERT INTO "journal" VALUES(3,1700000000000000001,'record','ETH','aaaaaa-ETH-1','OPENING','OPENING','aaaaaa-ETH-1-dydx-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','f77d63686ee853efecad5e8882c6b493daceedabfeef156231db2b79b8c26d18','3bf4bad65fb5cda23309d65eaf663e73c511c65e9c28c5a7d72e4250ddf06ee8');
INSERT INTO "journal" VALUES(4,1700000000000000001,'record','ETH','aaaaaa-ETH-1','OPENING','OPENING','aaaaaa-ETH-1-apex-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','3bf4bad65fb5cda23309d65eaf663e73c511c65e9c28c5a7d72e4250ddf06ee8','500d4eea55c8c0a0a2cbc60b9e6022c20a3324a97d8624e0ec70e043189a119a');
INSERT INTO "journal" VALUES(5,1700000000000000002,'move','ETH','aaaaaa-ETH-1','OPENING','OPEN','even',7,'1','hash','500d4eea55c8c0a0a2cbc60b9e6022c20a3324a97d8624e0ec70e043189a119a','57cd50576332884afb22df87319e5a5c8a2caaccca5cde0a22ed7a49adc68f91');
INSERT INTO "journal" VALUES(6,1700000000000000003,'write','ETH','aaaaaa-ETH-1','OPEN','CLOSING','close',7,'1','hash','57cd50576332884afb22df87319e5a5c8a2caaccca5cde0a22ed7a49adc68f91','ef848fea74dad2d82c475f4267d1bd48f9a6b853e930dd3ec4d534342317ced1');
INSERT INTO "journal" VALUES(7,1700000000000000001,'record','ETH','aaaaaa-ETH-1','CLOSING','CLOSING','aaaaaa-ETH-1-dydx-c1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','ef848fea74dad2d82c475f4267d1bd48f9a6b853e930dd3ec4d534342317ced1','e4ad35d81e7c0a57962303866a72ab8d42ae62abf20336e08b1658666fc91000');
INSERT INTO "journal" VALUES(8,1700000000000000001,'record','ETH','aaaaaa-ETH-1','CLOSING','CLOSING','aaaaaa-ETH-1-apex-c1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','e4ad35d81e7c0a57962303866a72ab8d42ae62abf20336e08b1658666fc91000','5710a981c3d359b20ebda5911ab8ee138008af72dc7b7c3d5ae919aa369195b2');
INSERT INTO "journal" VALUES(9,1700000000000000004,'move','ETH','aaaaaa-ETH-1','CLOSING','CLOSED','flat',7,'1','hash','5710a981c3d359b20ebda5911ab8ee138008af72dc7b7c3d5ae919aa369195b2','00c4879e267b011daabe36be34f46657cb55d63edaf9f487905bd3eb1663ff5d');
INSERT INTO "journal" VALUES(10,1700000000000000000,'reserve','BTC','aaaaaa-BTC-1',NULL,'OPENING','test',7,'1','hash','00c4879e267b011daabe36be34f46657cb55d63edaf9f487905bd3eb1663ff5d','b4b9baa706aac1124abae3f7d0740e169233eeed2985ef14d41a24c4c09990b1');
INSERT INTO "journal" VALUES(11,1700000000000000001,'record','BTC','aaaaaa-BTC-1','OPENING','OPENING','aaaaaa-BTC-1-dydx-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','b4b9baa706aac1124abae3f7d0740e169233eeed2985ef14d41a24c4c09990b1','4da3a2d43ff2b15aa8050bbbd4c8114a1935064ae550c9c9c4f86e258fcf5ea0');
INSERT INTO "journal" VALUES(12,1700000000000000001,'record','BTC','aaaaaa-BTC-1','OPENING','OPENING','aaaaaa-BTC-1-apex-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','4da3a2d43ff2b15aa8050bbbd4c8114a1935064ae550c9c9c4f86e258fcf5ea0','d4aa9724f556ba1aa0c2b9de20bfc5e152dc64c932c009924b04be6ea7088293');
INSERT INTO "journal" VALUES(13,1700000000000000002,'move','BTC','aaaaaa-BTC-1','OPENING','OPEN','even',7,'1','hash','d4aa9724f556ba1aa0c2b9de20bfc5e152dc64c932c009924b04be6ea7088293','6bb9e1efdfa95586ec77456d89228f7b7091941ead1b84ae66eca55d481cfa2d');
INSERT INTO "journal" VALUES(14,1700000000000000000,'reserve','ETH','aaaaaa-ETH-2',NULL,'OPENING','edge',7,'1','hash','6bb9e1efdfa95586ec77456d89228f7b7091941ead1b84ae66eca55d481cfa2d','7a59aebf7ca352185771367dce2b13f08d0a8e52f813533e34da59af6f7acb1b');
INSERT INTO "journal" VALUES(15,1700000000000000001,'record','ETH','aaaaaa-ETH-2','OPENING','OPENING','aaaaaa-ETH-2-dydx-o1: reject, NEW → DONE, reported 0, no',7,'1','hash','7a59aebf7ca352185771367dce2b13f08d0a8e52f813533e34da59af6f7acb1b','7ab0dfc110efe5f33a0ee561e86c6b56e037d7ea767862ddbd872c17a00b2a34');
INSERT INTO "journal" VALUES(16,1700000000000000001,'record','ETH','aaaaaa-ETH-2','OPENING','OPENING','aaaaaa-ETH-2-apex-o1: reject, NEW → DONE, reported 0, no',7,'1','hash','7ab0dfc110efe5f33a0ee561e86c6b56e037d7ea767862ddbd872c17a00b2a34','c65c6e8d5be7b13aaec9a879e0a76f5d155b07103cb8b312e9bcc5be22a59805');
INSERT INTO "journal" VALUES(17,1700000000000000005,'move','ETH','aaaaaa-ETH-2','OPENING','VOID','nothing filled',7,'1','hash','c65c6e8d5be7b13aaec9a879e0a76f5d155b07103cb8b312e9bcc5be22a59805','9d349aa21977e8971cfad67e6be6e32284641848670ac2b2b24743d8255afc48');
INSERT INTO "journal" VALUES(18,1700000000000000000,'reserve','SOL','aaaaaa-SOL-1',NULL,'OPENING','edge',7,'1','hash','9d349aa21977e8971cfad67e6be6e32284641848670ac2b2b24743d8255afc48','5503801598cd6167dc95e96023dbd136c97585acfd849afddd3031d14735fb87');
INSERT INTO "journal" VALUES(19,1700000000000000005,'record','SOL','aaaaaa-SOL-1','OPENING','OPENING','aaaaaa-SOL-1-dydx-o1: ack, NEW → WORKING',7,'1','hash','5503801598cd6167dc95e96023dbd136c97585acfd849afddd3031d14735fb87','ec1cc1106ecfe4a90e71403088e75112c3eab98f68cb81d48479244fc695ca8d');
INSERT INTO "journal" VALUES(20,1700000000000000006,'record','SOL','aaaaaa-SOL-1','OPENING','OPENING','aaaaaa-SOL-1-dydx-o1: filled, 1 new fill',7,'1','hash','ec1cc1106ecfe4a90e71403088e75112c3eab98f68cb81d48479244fc695ca8d','8f1685c59dc10fb492ff040633feff9d3ad62d95b22c96cfc9a8939cb48dcdce');
INSERT INTO "journal" VALUES(21,1700000000000000007,'record','SOL','aaaaaa-SOL-1','OPENING','OPENING','aaaaaa-SOL-1-apex-o1: unknown, timeout',7,'1','hash','8f1685c59dc10fb492ff040633feff9d3ad62d95b22c96cfc9a8939cb48dcdce','4443022097d576c389789de1425708aed46466e1582ecf726515307b96c14cc2');
INSERT INTO "journal" VALUES(22,1700000000000000000,'reserve','LTC','aaaaaa-LTC-1',NULL,'OPENING','test',7,'1','hash','4443022097d576c389789de1425708aed46466e1582ecf726515307b96c14cc2','a49a79648cdd9fb54053e5d0b849430320fc3c463379acb0a89bff49c3903071');
INSERT INTO "journal" VALUES(23,1700000000000000001,'record','LTC','aaaaaa-LTC-1','OPENING','OPENING','aaaaaa-LTC-1-dydx-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','a49a79648cdd9fb54053e5d0b849430320fc3c463379acb0a89bff49c3903071','9da7375aaefd5fc4397a208891d6858a51932acdabacf6bd9fb06e91093ed248');
INSERT INTO "journal" VALUES(24,1700000000000000001,'record','LTC','aaaaaa-LTC-1','OPENING','OPENING','aaaaaa-LTC-1-apex-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','9da7375aaefd5fc4397a208891d6858a51932acdabacf6bd9fb06e91093ed248','7625f0367290cc0df4daa85002604633d7f749448aebd3abd6569c142156221c');
INSERT INTO "journal" VALUES(25,1700000000000000002,'move','LTC','aaaaaa-LTC-1','OPENING','OPEN','even',7,'1','hash','7625f0367290cc0df4daa85002604633d7f749448aebd3abd6569c142156221c','d8c7aa57c0b5528eba510a987adf218db2629b8f2836c888e3bc390996364b38');
INSERT INTO "journal" VALUES(26,1700000000000000006,'book_forced','LTC',NULL,NULL,NULL,'forced fill apex adl-1: SELL 0.001 at 39000',7,'1','hash','d8c7aa57c0b5528eba510a987adf218db2629b8f2836c888e3bc390996364b38','759332df952f501e83d342ce5dd7f40e1d8e1c554e57dba71ab8c388f9a39f47');
INSERT INTO "journal" VALUES(27,1700000000000000007,'move','LTC','aaaaaa-LTC-1','OPEN','STUCK','no book',7,'1','hash','759332df952f501e83d342ce5dd7f40e1d8e1c554e57dba71ab8c388f9a39f47','0557dd9c9ed3545454cd7b5ab51e6ddb1ecd6efcb82a5bd880f3513fd44b43ec');
INSERT INTO "journal" VALUES(28,1700000000000000000,'reserve','ATOM','aaaaaa-ATOM-1',NULL,'OPENING','test',7,'1','hash','0557dd9c9ed3545454cd7b5ab51e6ddb1ecd6efcb82a5bd880f3513fd44b43ec','42c9fae2c35f2016e1aa2786ab1b4d450bf622ed0da52707ab3214c239392ad7');
INSERT INTO "journal" VALUES(29,1700000000000000001,'record','ATOM','aaaaaa-ATOM-1','OPENING','OPENING','aaaaaa-ATOM-1-dydx-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','42c9fae2c35f2016e1aa2786ab1b4d450bf622ed0da52707ab3214c239392ad7','1aff12c57d422a382fd3ddb6d73698853f191ea66779f258089e975a93233520');
INSERT INTO "journal" VALUES(30,1700000000000000001,'record','ATOM','aaaaaa-ATOM-1','OPENING','OPENING','aaaaaa-ATOM-1-apex-o1: lookedup, NEW → DONE, reported 0.001, 1 new fill',7,'1','hash','1aff12c57d422a382fd3ddb6d73698853f191ea66779f258089e975a93233520','5cef7e272d2c2404d48a7f07781f3807030891c990970a08f1e2f47bbb5986bf');
INSERT INTO "journal" VALUES(31,1700000000000000002,'move','ATOM','aaaaaa-ATOM-1','OPENING','OPEN','even',7,'1','hash','5cef7e272d2c2404d48a7f07781f3807030891c990970a08f1e2f47bbb5986bf','924807d99f314d22487ba00c265d7ef8fb6a04b1206a26f0bdb6bd5de72a2c63');
INSERT INTO "journal" VALUES(32,1700000000000000008,'write_off','ATOM','aaaaaa-ATOM-1','OPEN','WRITTEN_OFF','moved by hand',7,'1','hash','924807d99f314d22487ba00c265d7ef8fb6a04b1206a26f0bdb6bd5de72a2c63','4ac0892afe43a3f589c4981ee4ced268626053cdc83ed75fff35d37e44ca1619');
INSERT INTO "journal" VALUES(33,1700000000000000009,'book_funding','BTC',NULL,NULL,NULL,'apex pay-1: -1234 µUSD',7,'1','hash','4ac0892afe43a3f589c4981ee4ced268626053cdc83ed75fff35d37e44ca1619','d905b14c35fa9702d7c0bcc354588a91847e9b37df88b875993d61f23c50f6a6');
INSERT INTO "journal" VALUES(34,1700000000000000010,'halt','*',NULL,NULL,NULL,'reduce by person: a person – “said so”',7,'1','hash','d905b14c35fa9702d7c0bcc354588a91847e9b37df88b875993d61f23c50f6a6','8a9e10b29e9825348c2adcd54b275ef7bd3ed15cad7fa42a6554b4cfce7ef8ee');
INSERT INTO "journal" VALUES(35,1700000000000000011,'resume','*',NULL,NULL,NULL,'by person: again',7,'1','hash','8a9e10b29e9825348c2adcd54b275ef7bd3ed15cad7fa42a6554b4cfce7ef8ee','a071a22ca4ea33430cfbd00cd77195fa80f76c2bb67f66fad9dd125c35c14075');
INSERT INTO "journal" VALUES(36,1700000000000000012,'halt','MATIC',NULL,NULL,NULL,'halt by warden: odd prices',7,'1','hash','a071a22ca4ea33430cfbd00cd77195fa80f76c2bb67f66fad9dd125c35c14075','643db6c1eab33518479d4d23f1b5854fe6b77745726c0512da21b6d01fa8c07b');
INSERT INTO "journal" VALUES(37,1700000000000000012,'configure',NULL,NULL,NULL,NULL,'worker start: * deals 8; * notional_usd 1000',7,'1','hash','643db6c1eab33518479d4d23f1b5854fe6b77745726c0512da21b6d01fa8c07b','8b10f98d0c1793eb8f36b6891c8145b5a41311d7912bfd7698b23e8232020919');
INSERT INTO "journal" VALUES(38,1700000000000000012,'resolve','LTC','aaaaaa-LTC-1','STUCK','STUCK','keep by person: until tomorrow',7,'1','hash','8b10f98d0c1793eb8f36b6891c8145b5a41311d7912bfd7698b23e8232020919','1484d36203b571d4dfe1a8db9ee0fb9f742936a23e0e645b13b969bd1526694e');
INSERT INTO "journal" VALUES(39,1700000000000000012,'doubt','*',NULL,NULL,NULL,'the machine went down while BTC traded: their newest deals may be missing; new ids begin with t5czy9',7,'1','hash','1484d36203b571d4dfe1a8db9ee0fb9f742936a23e0e645b13b969bd1526694e','d7e522e6300e866667751166165d202024da081d0cd266f0ebd3f89846a4f436');
INSERT INTO "journal" VALUES(40,1700000000000000013,'dispel','BTC',NULL,NULL,NULL,'both venues were asked: nothing was forgotten',7,'1','hash','d7e522e6300e866667751166165d202024da081d0cd266f0ebd3f89846a4f436','ca9995e021210e2472885e1318be8bfa4cdd859f346c9232e461b7f0669235b3');
CREATE TABLE offer (
    deal_id TEXT NOT NULL PRIMARY KEY,
    market TEXT NOT NULL,
    cost_uusd INTEGER NOT NULL,
    notional_uusd INTEGER NOT NULL,
    acceptable INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "offer" VALUES('aaaaaa-BTC-1','BTC',20000,40000000,1,1700000000000000012);
CREATE TABLE orders (
    client_id TEXT NOT NULL PRIMARY KEY,
    deal_id TEXT NOT NULL REFERENCES deal (deal_id),
    seq INTEGER NOT NULL,
    venue TEXT NOT NULL,
    market TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    purpose TEXT NOT NULL CHECK (purpose IN ('OPEN', 'CLOSE', 'EVEN')),
    size TEXT NOT NULL,
    limit_price TEXT NOT NULL,
    lifetime TEXT NOT NULL,
    reduce_only INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    state TEXT NOT NULL,
    venue_order_id TEXT,
    reported_size TEXT,
    reason TEXT NOT NULL,
    code_version TEXT NOT NULL DEFAULT '',
    config_hash TEXT NOT NULL DEFAULT '',
    UNIQUE (deal_id, seq)
) WITHOUT ROWID;
INSERT INTO "orders" VALUES('aaaaaa-ATOM-1-apex-o1','aaaaaa-ATOM-1',2,'apex','ATOM','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-ATOM-1-apex-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ATOM-1-dydx-o1','aaaaaa-ATOM-1',1,'dydx','ATOM','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-ATOM-1-dydx-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-BTC-1-apex-o1','aaaaaa-BTC-1',2,'apex','BTC','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-BTC-1-apex-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-BTC-1-dydx-o1','aaaaaa-BTC-1',1,'dydx','BTC','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-BTC-1-dydx-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-1-apex-c1','aaaaaa-ETH-1',4,'apex','ETH','BUY','CLOSE','0.001','40000','FOK',1,1700000000000000000,'DONE','v-aaaaaa-ETH-1-apex-c1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-1-apex-o1','aaaaaa-ETH-1',2,'apex','ETH','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-ETH-1-apex-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-1-dydx-c1','aaaaaa-ETH-1',3,'dydx','ETH','SELL','CLOSE','0.001','40000','FOK',1,1700000000000000000,'DONE','v-aaaaaa-ETH-1-dydx-c1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-1-dydx-o1','aaaaaa-ETH-1',1,'dydx','ETH','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-ETH-1-dydx-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-2-apex-o1','aaaaaa-ETH-2',2,'apex','ETH','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE',NULL,'0','no','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-ETH-2-dydx-o1','aaaaaa-ETH-2',1,'dydx','ETH','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE',NULL,'0','no','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-LTC-1-apex-o1','aaaaaa-LTC-1',2,'apex','LTC','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-LTC-1-apex-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-LTC-1-dydx-o1','aaaaaa-LTC-1',1,'dydx','LTC','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'DONE','v-aaaaaa-LTC-1-dydx-o1','0.001','','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-SOL-1-apex-o1','aaaaaa-SOL-1',2,'apex','SOL','BUY','OPEN','0.001','40000','FOK',0,1700000000000000000,'NEW',NULL,NULL,'timeout','1','hash');
INSERT INTO "orders" VALUES('aaaaaa-SOL-1-dydx-o1','aaaaaa-SOL-1',1,'dydx','SOL','SELL','OPEN','0.001','40000','FOK',0,1700000000000000000,'WORKING','venue-1',NULL,'','1','hash');
INSERT INTO "orders" VALUES('forced:apex:adl-1:0','aaaaaa-LTC-1',3,'apex','LTC','SELL','EVEN','0.001','39000','IOC',1,1700000000000000006,'DONE',NULL,'0.001','forced by the venue','1','hash');
CREATE TABLE schema_version (
    version INTEGER NOT NULL PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    code_version TEXT NOT NULL
);
INSERT INTO "schema_version" VALUES(4,1700000000000000000,'1');
CREATE TABLE trading (
    market TEXT NOT NULL PRIMARY KEY,
    boot TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "trading" VALUES('BTC','boot-2',1700000000000000012);
CREATE TABLE turn (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    deal_id TEXT NOT NULL,
    whatever INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
);
INSERT INTO "turn" VALUES(1,'aaaaaa-BTC-1',1,1700000000000000012);
CREATE TABLE venue_position (
    venue TEXT NOT NULL,
    market TEXT NOT NULL,
    size TEXT NOT NULL,
    entry TEXT NOT NULL,
    mark TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    PRIMARY KEY (venue, market)
) WITHOUT ROWID;
INSERT INTO "venue_position" VALUES('apex','ATOM','0.001','40000','40100',1700000000000000008);
INSERT INTO "venue_position" VALUES('dydx','BTC','0.001','40000','40100',1700000000000000009);
CREATE TABLE wish (
    deal_id TEXT NOT NULL PRIMARY KEY REFERENCES deal (deal_id),
    way TEXT NOT NULL CHECK (way IN ('close', 'complete', 'keep')),
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "wish" VALUES('aaaaaa-LTC-1','keep','person','until tomorrow',1700000000000000012);
CREATE INDEX deal_live ON deal (direction, market) WHERE state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK');
CREATE INDEX deal_held ON deal (held_uusd) WHERE held_uusd > 0;
CREATE INDEX deal_opened ON deal (opened_ns, market);
CREATE INDEX orders_unfinished ON orders (market) WHERE state <> 'DONE';
CREATE INDEX fill_client_id ON fill (client_id);
CREATE INDEX fill_heard ON fill (venue, at_ns);
CREATE INDEX journal_deal ON journal (deal_id);
CREATE VIEW room AS
SELECT
    held_uusd,
    (SELECT leverage_entry FROM cap) * (SELECT MIN(equity_uusd) FROM equity) / 1000
        - (SELECT MAX(MAX(0, gross_uusd - answered_uusd)) FROM (
            SELECT gross_uusd, (
                SELECT COALESCE(SUM(held_uusd), 0) FROM deal
                WHERE held_uusd > 0
                    AND +market IN (SELECT market FROM venue_position WHERE venue = equity.venue)
                    AND NOT EXISTS (
                        SELECT 1 FROM orders
                        WHERE deal_id = deal.deal_id AND venue = equity.venue AND state <> 'DONE' AND NOT reduce_only
                    )
            ) AS answered_uusd
            FROM equity
        )) AS cap_uusd
FROM (SELECT COALESCE(SUM(held_uusd), 0) AS held_uusd FROM deal WHERE held_uusd > 0);
CREATE TRIGGER deal_insert BEFORE INSERT ON deal
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id)
            OR EXISTS (SELECT 1 FROM deal WHERE market = new.market AND number = new.number)
            THEN RAISE(ABORT, 'law: this deal is in the ledger already')
        WHEN new.state <> 'OPENING'
            THEN RAISE(ABORT, 'law: a new deal is OPENING')
        WHEN typeof(new.held_uusd) <> 'integer' OR new.held_uusd <= 0
            THEN RAISE(ABORT, 'law: a new deal holds a whole number of micro-USD above 0')
        WHEN typeof(new.opened_ns) <> 'integer'
            THEN RAISE(ABORT, 'law: a new deal says when it was opened')
        -- Facts may exceed, entries may not: what is open at the venues is written down whatever the limits say, and
        -- counts. It cannot serve as an entry: entries are off meanwhile, and its opening orders are done (orders_insert).
        WHEN new.attempts_from > 0 AND (
            EXISTS (SELECT 1 FROM halt WHERE market IN (new.market, '*'))
            OR EXISTS (SELECT 1 FROM doubt WHERE market = new.market)
        )
            THEN NULL
        WHEN new.attempts_from > 0
            THEN RAISE(ABORT, 'law: a deal is rebuilt only while its market is halted or in doubt')
        WHEN EXISTS (SELECT 1 FROM halt WHERE market IN (new.market, '*'))
            THEN RAISE(ABORT, 'halted')
        WHEN EXISTS (SELECT 1 FROM doubt)
            THEN RAISE(ABORT, 'doubt')
        -- Another program is at work beside this one, or was a moment ago. The market's own row may be its predecessor's,
        -- who is gone: one worker holds a market's lock at a time.
        WHEN EXISTS (
            SELECT 1 FROM heartbeat
            WHERE code_version <> new.code_version AND market <> new.market
                AND at_ns > new.opened_ns - 20000000000 AND at_ns < new.opened_ns + 20000000000
        )
            THEN RAISE(ABORT, 'version')
        WHEN (
            SELECT COUNT(*) >= 2 AND MAX(ABS(new.opened_ns - at_ns)) <= (SELECT equity_max_age_ns FROM cap)
            FROM equity
        ) IS NOT 1
            THEN RAISE(ABORT, 'equity')
        -- Its venue filled or took back something of a deal that was over and holds nothing: no sum has it until the
        -- venue's account row does. The row must be newer by more than two clocks may differ before the fleet halts.
        WHEN EXISTS (
            SELECT 1 FROM equity CROSS JOIN fill CROSS JOIN orders USING (client_id) CROSS JOIN deal USING (deal_id)
            WHERE fill.venue = equity.venue AND held_uusd = 0 AND fill.at_ns > changed_ns
                AND fill.at_ns > equity.at_ns - 5000000000
        )
            THEN RAISE(ABORT, 'equity')
        WHEN EXISTS (
            SELECT 1 FROM deal
            WHERE direction = -new.direction AND market = new.market
                AND state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')
        )
            THEN RAISE(ABORT, 'direction')
        WHEN (
            (
                SELECT COUNT(*) FROM deal
                WHERE direction = new.direction AND state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')
            ) < (SELECT level FROM cap)
        ) IS NOT 1
            THEN RAISE(ABORT, 'level')
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound
            WHERE bound.market IN (new.market, '*') AND bound.key = 'deals' AND bound.value <= (
                SELECT COUNT(*) FROM deal
                WHERE state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK') AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'deals')
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound
            WHERE bound.market IN (new.market, '*') AND bound.key = 'notional_uusd' AND bound.value - new.held_uusd < (
                SELECT COALESCE(SUM(held_uusd), 0) FROM deal
                WHERE held_uusd > 0 AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'notional')
        -- Every reservation counts, whatever became of it. One that claims to lie further off than the window, in the
        -- past or in the future, was written by another clock and says nothing.
        WHEN EXISTS (
            SELECT 1 FROM entry_limit AS bound JOIN (
                SELECT 'deals_per_minute' AS key, 60000000000 AS window_ns
                UNION ALL SELECT 'deals_per_hour', 3600000000000
            ) USING (key)
            WHERE bound.market IN (new.market, '*') AND bound.value <= (
                SELECT COUNT(*) FROM deal
                WHERE opened_ns > new.opened_ns - window_ns AND opened_ns < new.opened_ns + window_ns
                    AND bound.market IN (deal.market, '*')
            )
        )
            THEN RAISE(ABORT, 'rate')
        WHEN (SELECT held_uusd + new.held_uusd <= cap_uusd FROM room) IS NOT 1
            THEN RAISE(ABORT, 'cap')
    END;
END;
CREATE TRIGGER entry_limit_insert BEFORE INSERT ON entry_limit
WHEN EXISTS (SELECT 1 FROM entry_limit WHERE market = new.market AND key = new.key)
BEGIN
    SELECT RAISE(ABORT, 'law: this limit is in the ledger already');
END;
CREATE TRIGGER entry_limit_identity BEFORE UPDATE OF market, key ON entry_limit
BEGIN
    SELECT RAISE(ABORT, 'law: what a limit binds never changes');
END;
CREATE TRIGGER entry_limit_delete BEFORE DELETE ON entry_limit
BEGIN
    SELECT RAISE(ABORT, 'law: limits are moved, never deleted');
END;
CREATE TRIGGER deal_identity BEFORE UPDATE OF deal_id, market, number, direction, size, edge_uusd, opened_ns,
    code_version ON deal
BEGIN
    SELECT RAISE(ABORT, 'law: what a deal is never changes');
END;
CREATE TRIGGER deal_move BEFORE UPDATE ON deal
WHEN new.state <> old.state
BEGIN
    SELECT CASE WHEN old.state || ' ' || new.state NOT IN (
        'OPENING OPEN', 'OPENING VOID', 'OPENING CLOSED', 'OPENING STUCK', 'OPENING WRITTEN_OFF',
        'OPEN CLOSING', 'OPEN CLOSED', 'OPEN STUCK', 'OPEN WRITTEN_OFF',
        'CLOSING OPEN', 'CLOSING CLOSED', 'CLOSING STUCK', 'CLOSING WRITTEN_OFF',
        'STUCK OPEN', 'STUCK CLOSING', 'STUCK CLOSED', 'STUCK WRITTEN_OFF'
    ) THEN RAISE(ABORT, 'move: not in the table of moves') END;
END;
CREATE TRIGGER deal_held BEFORE UPDATE ON deal
BEGIN
    SELECT CASE
        WHEN typeof(new.held_uusd) <> 'integer' OR new.held_uusd < 0 OR new.held_uusd > old.held_uusd
            THEN RAISE(ABORT, 'law: held is never raised')
        WHEN new.state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK') AND new.held_uusd = 0
            THEN RAISE(ABORT, 'law: a live deal holds something')
        WHEN new.state IN ('CLOSED', 'VOID') AND new.held_uusd <> 0
            THEN RAISE(ABORT, 'law: a finished deal holds nothing')
        WHEN new.held_uusd < old.held_uusd AND new.state <> 'WRITTEN_OFF'
            AND EXISTS (SELECT 1 FROM orders WHERE deal_id = old.deal_id AND state <> 'DONE')
            THEN RAISE(ABORT, 'law: held is released only when every order is done')
        WHEN new.state = 'VOID'
            AND EXISTS (SELECT 1 FROM fill JOIN orders USING (client_id) WHERE deal_id = old.deal_id)
            THEN RAISE(ABORT, 'law: a deal with fills is not void')
    END;
END;
CREATE TRIGGER deal_attempts BEFORE UPDATE ON deal
WHEN (new.attempts_from >= old.attempts_from) IS NOT 1
BEGIN
    SELECT RAISE(ABORT, 'law: running numbers of orders are never used again');
END;
CREATE TRIGGER deal_delete BEFORE DELETE ON deal
BEGIN
    SELECT RAISE(ABORT, 'law: deals are never deleted');
END;
CREATE TRIGGER orders_insert BEFORE INSERT ON orders
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM orders WHERE client_id = new.client_id)
            OR EXISTS (SELECT 1 FROM orders WHERE deal_id = new.deal_id AND seq = new.seq)
            THEN RAISE(ABORT, 'law: this order is in the ledger already')
        WHEN NOT EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND market = new.market)
            THEN RAISE(ABORT, 'law: an order belongs to a deal of its market')
        WHEN new.state <> 'NEW' AND NOT (new.state = 'DONE' AND (
            new.client_id LIKE 'forced:%' OR (new.venue_order_id <> '' AND CAST(new.reported_size AS REAL) > 0)
        ) IS 1)
            THEN RAISE(ABORT, 'law: a new order is NEW, unless its venue tells what it filled')
        WHEN new.state = 'NEW' AND new.purpose = 'OPEN'
            AND EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND attempts_from > 0)
            THEN RAISE(ABORT, 'law: a rebuilt deal has nothing left to open')
        WHEN new.purpose = 'OPEN' AND (
            NOT EXISTS (SELECT 1 FROM deal WHERE deal_id = new.deal_id AND state = 'OPENING')
            OR EXISTS (SELECT 1 FROM orders WHERE deal_id = new.deal_id AND venue = new.venue AND purpose = 'OPEN')
        )
            THEN RAISE(ABORT, 'law: one opening order per venue, while the deal is OPENING')
    END;
END;
CREATE TRIGGER orders_identity BEFORE UPDATE OF client_id, deal_id, seq, venue, market, side, purpose, size,
    limit_price, lifetime, reduce_only, created_ns, code_version, config_hash ON orders
BEGIN
    SELECT RAISE(ABORT, 'law: what an order is never changes');
END;
CREATE TRIGGER orders_move BEFORE UPDATE ON orders
BEGIN
    SELECT CASE
        WHEN new.state <> old.state
            AND old.state || ' ' || new.state NOT IN ('NEW WORKING', 'NEW DONE', 'WORKING DONE')
            THEN RAISE(ABORT, 'move: orders go NEW, WORKING, DONE')
        WHEN old.reported_size IS NOT NULL
            AND (CAST(new.reported_size AS REAL) >= CAST(old.reported_size AS REAL)) IS NOT 1
            THEN RAISE(ABORT, 'law: a cumulative report never shrinks')
    END;
END;
CREATE TRIGGER orders_delete BEFORE DELETE ON orders
BEGIN
    SELECT RAISE(ABORT, 'law: orders are never deleted');
END;
CREATE TRIGGER fill_insert BEFORE INSERT ON fill
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM fill WHERE venue = new.venue AND fill_id = new.fill_id)
            OR EXISTS (SELECT 1 FROM fill WHERE seq = new.seq)
            THEN RAISE(ABORT, 'law: this fill is in the ledger already')
        WHEN NOT EXISTS (SELECT 1 FROM orders WHERE client_id = new.client_id AND venue = new.venue)
            THEN RAISE(ABORT, 'law: a fill belongs to an order at its venue')
        WHEN new.side <> (SELECT side FROM orders WHERE client_id = new.client_id) AND NOT EXISTS (
            SELECT 1 FROM fill
            WHERE venue = new.venue AND fill_id || '!reversed' = new.fill_id AND client_id = new.client_id
                AND side <> new.side AND price = new.price AND size = new.size AND fee_uusd = -new.fee_uusd
        )
            THEN RAISE(ABORT, 'law: a fill is on the side of its order, or takes back exactly one that is')
    END;
END;
CREATE TRIGGER fill_update BEFORE UPDATE ON fill
BEGIN
    SELECT RAISE(ABORT, 'law: fills are never changed');
END;
CREATE TRIGGER fill_delete BEFORE DELETE ON fill
BEGIN
    SELECT RAISE(ABORT, 'law: fills are never deleted');
END;
CREATE TRIGGER journal_insert BEFORE INSERT ON journal
BEGIN
    SELECT CASE
        WHEN new.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal)
            THEN RAISE(ABORT, 'law: the journal only grows')
        WHEN new.prev IS NOT COALESCE(
            (SELECT hash FROM journal ORDER BY seq DESC LIMIT 1),
            (SELECT name || ':' || created_ns FROM incarnation WHERE id = 1)
        )
            THEN RAISE(ABORT, 'law: a journal row is linked to the one before it')
    END;
END;
CREATE TRIGGER journal_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'law: the journal is never changed');
END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'law: the journal is never deleted');
END;
CREATE TRIGGER funding_insert BEFORE INSERT ON funding
WHEN EXISTS (SELECT 1 FROM funding WHERE venue = new.venue AND payment_id = new.payment_id)
    OR EXISTS (SELECT 1 FROM funding WHERE seq = new.seq)
BEGIN
    SELECT RAISE(ABORT, 'law: this payment is in the ledger already');
END;
CREATE TRIGGER funding_update BEFORE UPDATE ON funding
BEGIN
    SELECT RAISE(ABORT, 'law: funding is never changed');
END;
CREATE TRIGGER funding_delete BEFORE DELETE ON funding
BEGIN
    SELECT RAISE(ABORT, 'law: funding is never deleted');
END;
CREATE TRIGGER incarnation_insert BEFORE INSERT ON incarnation
WHEN EXISTS (SELECT 1 FROM incarnation WHERE id = new.id OR name = new.name)
BEGIN
    SELECT RAISE(ABORT, 'law: this incarnation is in the ledger already');
END;
CREATE TRIGGER incarnation_update BEFORE UPDATE ON incarnation
BEGIN
    SELECT RAISE(ABORT, 'law: incarnations are never changed');
END;
CREATE TRIGGER incarnation_delete BEFORE DELETE ON incarnation
BEGIN
    SELECT RAISE(ABORT, 'law: incarnations are never deleted');
END;
COMMIT;
