/* Owns what Wine 8 lacks and Rust's standard library needs: random bytes under the name ProcessPrng. It lies beside the
 * programs under test and is never shipped: Windows has its own. */
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *bytes, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long length)
{
    while (length) {
        unsigned long piece = length > 65536 ? 65536 : (unsigned long)length;
        if (!SystemFunction036(bytes, piece))
            return 0;
        bytes += piece;
        length -= piece;
    }
    return 1;
}
