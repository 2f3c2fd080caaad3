using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cria.Tensors.Kernels.Rows.Blocks;

/// <summary>Steps that several formats share.</summary>
internal static unsafe class BlockParts
{
    /// <summary>
    /// Asks for the bytes of a row some blocks ahead: up to five cache lines. The processor's own prefetching stops at each 4 KB
    /// page, and weights are not needed again soon. A 1.1B Q4_K_M model on one and two cores of a Zen 5 machine decoded 51 and 75
    /// tokens/s when asking all caches to keep lines 4 KB ahead, 55 and 74 at 8 KB, 56 and 73 at 12 KB; 59 and 81 at 8 KB, but
    /// asking them to let the lines go again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* blocks, int bytes) => PrefetchAt(blocks + 8192, bytes);

    /// <summary>The same for blocks of four rows, which begin where <paramref name="blocks"/> says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchFour(byte* blocks, long rowBytes, int bytes)
    {
        PrefetchAt(blocks, bytes);
        PrefetchAt(blocks + rowBytes, bytes);
        PrefetchAt(blocks + 2 * rowBytes, bytes);
        PrefetchAt(blocks + 3 * rowBytes, bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAt(byte* blocks, int bytes)
    {
        if (!Sse.IsSupported) return;
        Sse.PrefetchNonTemporal(blocks);
        if (bytes > 64) Sse.PrefetchNonTemporal(blocks + 64);
        if (bytes > 128) Sse.PrefetchNonTemporal(blocks + 128);
        if (bytes > 192) Sse.PrefetchNonTemporal(blocks + 192);
        if (bytes > 256) Sse.PrefetchNonTemporal(blocks + 256);
    }

    /// <summary>A half as a float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* source) => Halves.Widen(Vector128.CreateScalar((uint)*(ushort*)source)).ToScalar();

    /// <summary>Four pairs of halves, <paramref name="stride"/> bytes apart, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourPairs(byte* source, long stride, out Vector128<float> second)
    {
        Vector128<uint> words = FourWords(source, stride);
        second = Halves.Widen(words >>> 16);
        return Halves.Widen(words);
    }

    /// <summary>Four halves, <paramref name="stride"/> bytes apart, as floats; the two bytes after each are read too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourHalves(byte* source, long stride) => Halves.Widen(FourWords(source, stride));

    /// <summary>The same for halves before which, not after which, there are two more bytes of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FourLastHalves(byte* source, long stride) => Halves.Widen(FourWords(source - 2, stride) >>> 16);

    /// <summary>Stores the first values of all, then the second ones, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTurned(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* target)
    {
        if (!Sse.IsSupported)
        {
            for (int i = 0; i < 4; i++) Vector128.Create(a[i], b[i], c[i], d[i]).Store(target + 4 * i);
            return;
        }

        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d), abHigh = Sse.UnpackHigh(a, b), cdHigh = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(target);
        Sse.MoveHighToLow(cd, ab).Store(target + 4);
        Sse.MoveLowToHigh(abHigh, cdHigh).Store(target + 8);
        Sse.MoveHighToLow(cdHigh, abHigh).Store(target + 12);
    }

    /// <summary>Eight halves, <paramref name="stride"/> bytes apart, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightHalves(byte* source, int stride, out Vector256<float> none)
    {
        none = default;
        return Halves.Widen(EightWords(source, stride));
    }

    /// <summary>Eight pairs of halves, <paramref name="stride"/> bytes apart, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> EightPairs(byte* source, int stride, out Vector256<float> second)
    {
        Vector256<uint> words = EightWords(source, stride);
        second = Halves.Widen(words >>> 16);
        return Halves.Widen(words);
    }

    /// <summary>Eight words of 32 bits, <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> EightWords(byte* source, int stride)
    {
        // Where four blocks' words lie within 64 bytes, one instruction collects all eight.
        if (!Lanes512.IsSupported || 3 * stride + 4 > 64 || stride % 2 != 0)
            return Vector256.Create(FourWords(source, stride), FourWords(source + 4 * stride, stride));
        uint both = 0x10000, step = (uint)stride / 2 * 0x10001;
        Vector512<ushort> first = Vector512.Load((ushort*)source), last = Vector512.Load((ushort*)(source + 4 * stride));
        Vector512<uint> index = Vector512.Create(
            both, both + step, both + 2 * step, both + 3 * step, both + 0x200020, both + 0x200020 + step, both + 0x200020 + 2 * step, both + 0x200020 + 3 * step, 0, 0, 0, 0, 0, 0, 0, 0);
        return Avx512BW.PermuteVar32x16x2(first, index.AsUInt16(), last).GetLower().AsUInt32();
    }

    /// <summary>
    /// Four words of 32 bits, <paramref name="stride"/> bytes apart. Interleaving them in vector registers made a whole Q4_0 row a
    /// twentieth faster than moving them there one by one through general registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> FourWords(byte* source, long stride)
    {
        if (!Sse2.IsSupported) return Vector128.Create(*(uint*)source, *(uint*)(source + stride), *(uint*)(source + 2 * stride), *(uint*)(source + 3 * stride));
        Vector128<uint> w01 = Sse2.UnpackLow(Word(source), Word(source + stride));
        Vector128<uint> w23 = Sse2.UnpackLow(Word(source + 2 * stride), Word(source + 3 * stride));
        return Sse2.UnpackLow(w01.AsUInt64(), w23.AsUInt64()).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Word(byte* source) => Vector128.CreateScalarUnsafe(*(uint*)source);

    /// <summary>Sixteen bytes to 32 values: the lower nibbles first, then the upper ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles(byte* source)
    {
        Vector128<byte> packed = Vector128.Load(source);
        return Vector256.Create(packed & Vector128.Create((byte)0x0F), packed >>> 4);
    }

    /// <summary>Four times sixteen bytes, <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> FourParts(byte* source, int stride)
    {
        Vector256<byte> lower = Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));
        Vector256<byte> upper = Vector256.Create(Vector128.Load(source + 2 * stride), Vector128.Load(source + 3 * stride));
        return Avx512F.InsertVector256(lower.ToVector512Unsafe(), upper, 1);
    }

    /// <summary>The lower and the upper nibbles of four times sixteen bytes, <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourNibbles(byte* source, int stride, out Vector512<byte> lower, out Vector512<byte> upper)
    {
        Vector512<byte> packed = FourParts(source, stride), nibble = Vector512.Create((byte)0x0F);
        lower = packed & nibble;
        upper = (packed.AsUInt16() >>> 4).AsByte() & nibble;
    }

    /// <summary>The same 32 bytes in both halves of a register, as shorts that are to be shifted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ushort> Twice(byte* source)
    {
        // Not by one broadcast from memory: .NET 10 encodes its address as if it read sixteen bytes, and reads elsewhere.
        Vector256<ushort> half = Vector256.Load((ushort*)source);
        return Avx512F.InsertVector256(half.ToVector512Unsafe(), half, 1);
    }

    /// <summary>A table in each quarter of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> FourTimes(Vector128<byte> table)
    {
        ulong lower = table.AsUInt64()[0], upper = table.AsUInt64()[1];
        return Vector512.Create(lower, upper, lower, upper, lower, upper, lower, upper).AsByte();
    }

    /// <summary>Spreads sixteen scales over 256 values in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SpreadScales(Vector256<short> scales, out WideScales wide)
    {
        Vector512<short> all = scales.ToVector512Unsafe();
        wide.S0 = Avx512BW.PermuteVar32x16(all, Quarters(0));
        wide.S1 = Avx512BW.PermuteVar32x16(all, Quarters(4));
        wide.S2 = Avx512BW.PermuteVar32x16(all, Quarters(8));
        wide.S3 = Avx512BW.PermuteVar32x16(all, Quarters(12));
    }

    /// <summary>The same for scales in unsigned bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SpreadBytes(Vector128<byte> scales, out WideScales wide)
    {
        Vector256<byte> half = Vector256.Create(scales, scales);
        Vector512<byte> all = Avx512F.InsertVector256(half.ToVector512Unsafe(), half, 1);
        // The upper bit of an index makes the upper half of each short zero.
        wide.S0 = Avx512BW.Shuffle(all, Quarters(0x8000).AsByte()).AsInt16();
        wide.S1 = Avx512BW.Shuffle(all, Quarters(0x8004).AsByte()).AsInt16();
        wide.S2 = Avx512BW.Shuffle(all, Quarters(0x8008).AsByte()).AsInt16();
        wide.S3 = Avx512BW.Shuffle(all, Quarters(0x800C).AsByte()).AsInt16();
    }

    /// <summary>Four numbers, each in all shorts of a quarter of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Quarters(ulong first)
    {
        const ulong All = 0x0001000100010001;
        return Vector512.Create(
            first * All, first * All, (first + 1) * All, (first + 1) * All, (first + 2) * All, (first + 2) * All, (first + 3) * All, (first + 3) * All).AsInt16();
    }

    /// <summary>Two numbers, each in all shorts of a half of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ushort> HalfAndHalf(ulong lower, ulong upper)
    {
        // Made of eight numbers the compiler knows, it is a constant; made of two halves it would be put together each time.
        const ulong All = 0x0001000100010001;
        return Vector512.Create(lower * All, lower * All, lower * All, lower * All, upper * All, upper * All, upper * All, upper * All).AsUInt16();
    }

    /// <summary>Replaces the last bytes of four rows, <paramref name="stride"/> bytes apart, by copies which zeros follow.</summary>
    public static void Pad(ref byte* row, ref long stride, int bytes, int length, byte* padded)
    {
        for (int i = 0; i < 4; i++)
        {
            Unsafe.CopyBlock(padded + i * length, row + i * stride, (uint)bytes);
            Unsafe.InitBlock(padded + i * length + bytes, 0, (uint)(length - bytes));
        }

        row = padded;
        stride = length;
    }

    /// <summary>Replaces each of 32 values below 16 by its entry in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LookUp(Vector128<byte> table, Vector256<byte> values) =>
        Vector256.Create(Vector128.ShuffleNative(table, values.GetLower()), Vector128.ShuffleNative(table, values.GetUpper()));
}
