// Kiosk's pricing rules as a WebAssembly module, in Rust.

struct Item {
    sku: String,
    quantity: i64,
    cents: i64, // the price of one piece
}

// Return what a line of a basket costs, in whole cents.
fn line_cents(quantity: i64, cents: i64) -> i64 {
    let total = quantity * cents;
    if quantity >= 10 { total * 9 / 10 } else { total }
}

// Return the answer to a basket.
fn quote(items: &[Item]) -> String {
    let mut text = String::new();
    let mut goods = 0;
    for item in items {
        let cents = line_cents(item.quantity, item.cents);
        text += &format!("{} {}\n", item.sku, cents);
        goods += cents;
    }
    let shipping = if goods < 5000 { 490 } else { 0 };
    text += &format!("shipping {}\ntotal {}\n", shipping, goods + shipping);
    text
}

// Return the items of a request, a line `SKU QUANTITY CENTS` each.
fn parse(request: &[u8]) -> Vec<Item> {
    let item = |line: &str| {
        let mut words = line.split_whitespace();
        let sku = words.next()?.to_string();
        let quantity = words.next()?.parse().ok()?;
        Some(Item { sku, quantity, cents: words.next()?.parse().ok()? })
    };
    String::from_utf8_lossy(request).lines().filter_map(item).collect()
}

// What follows is the interface: the host calls these three.

#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    Box::into_raw(vec![0u8; length].into_boxed_slice()) as *mut u8
}

#[no_mangle]
pub unsafe extern "C" fn release(pointer: *mut u8, length: usize) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length)));
}

#[no_mangle]
pub unsafe extern "C" fn handle(request: *const u8, length: usize) -> u64 {
    let items = parse(std::slice::from_raw_parts(request, length));
    let answer: Box<[u8]> = quote(&items).into_bytes().into_boxed_slice();
    let size = answer.len() as u64;
    let pointer = Box::into_raw(answer) as *mut u8;
    (pointer as u64) << 32 | (size + 1)
}
