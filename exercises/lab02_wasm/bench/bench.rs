
// Put behind pricing.rs to see how fast it is: price the same basket many times, within the module.
#[no_mangle]
pub unsafe extern "C" fn bench(request: *const u8, length: usize, times: u32) -> u32 {
    let request = std::slice::from_raw_parts(request, length);
    (0..times).map(|_| quote(&parse(request)).len() as u32).sum()
}
