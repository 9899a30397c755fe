fn field(text: &str, name: &str) -> u64 {
    let rest = text.split(name).nth(1).unwrap_or("");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[no_mangle]
pub extern "C" fn alloc(length: u32) -> *mut u8 {
    Box::into_raw(vec![0u8; length as usize].into_boxed_slice()) as *mut u8
}

#[no_mangle]
pub unsafe extern "C" fn handle(request: *mut u8, length: u32) -> i64 {
    let bytes = Vec::from_raw_parts(request, length as usize, length as usize);
    let text = String::from_utf8(bytes).unwrap();
    let quantity = field(&text, "\"quantity\": ");
    let mut total = field(&text, "\"cents\": ") * quantity;
    if quantity >= 10 {
        total = total * 90 / 100;
    }
    let answer = format!("{{\"total\":{}}}", total).into_bytes().into_boxed_slice();
    let size = answer.len() as i64;
    (Box::into_raw(answer) as *mut u8 as i64) << 32 | size
}
