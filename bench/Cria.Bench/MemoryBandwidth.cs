using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Cria.Tensors;
using Cria.Tensors.Kernels.Rows.Blocks;

namespace Cria.Bench;

/// <summary>How fast a team of threads reads memory: the ceiling of decoding, which touches every weight once a token.</summary>
internal sealed unsafe class MemoryBandwidth : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private readonly ThreadTeam _team;
    private readonly long _bytes;
    private readonly byte* _memory;

    /// <summary>Takes a buffer of that size, which should be many times the processor's cache.</summary>
    public MemoryBandwidth(int threads, long bytes)
    {
        _team = new ThreadTeam(threads);
        _bytes = bytes / ChunkBytes * ChunkBytes;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, 4096);
        // Written, because pages never written to are all one page of zeros.
        for (long i = 0; i < _bytes; i += ChunkBytes) new Span<byte>(_memory + i, ChunkBytes).Fill((byte)i);
        Measure();
    }

    /// <summary>Bytes per second of the best of three passes.</summary>
    public double Measure()
    {
        double best = 0;
        for (int pass = 0; pass < 3; pass++)
        {
            var work = new ReadWork { Memory = _memory };
            long start = Stopwatch.GetTimestamp();
            _team.Run(ref work, (int)(_bytes / ChunkBytes));
            best = Math.Max(best, _bytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    public void Dispose()
    {
        _team.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    /// <summary>
    /// Reads all bytes, asking for those 4 KB ahead as the kernels do, which on a Zen 5 machine makes it a tenth faster; the
    /// result only keeps the compiler from dropping the reads.
    /// </summary>
    public static long Sum(byte* memory, long bytes)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<long> a = default, b = default, c = default, d = default;
            for (byte* p = memory, end = memory + bytes; p < end; p += 256)
            {
                BlockParts.Prefetch(p, 256);
                a ^= Vector512.Load((long*)p);
                b ^= Vector512.Load((long*)(p + 64));
                c ^= Vector512.Load((long*)(p + 128));
                d ^= Vector512.Load((long*)(p + 192));
            }

            return Vector512.Sum(a ^ b ^ c ^ d);
        }
        else
        {
            Vector256<long> a = default, b = default, c = default, d = default;
            for (byte* p = memory, end = memory + bytes; p < end; p += 128)
            {
                BlockParts.Prefetch(p, 128);
                a ^= Vector256.Load((long*)p);
                b ^= Vector256.Load((long*)(p + 32));
                c ^= Vector256.Load((long*)(p + 64));
                d ^= Vector256.Load((long*)(p + 96));
            }

            return Vector256.Sum(a ^ b ^ c ^ d);
        }
    }

    private struct ReadWork : IParallelWork
    {
        public byte* Memory;
        public long Result;

        public void Execute(int task, int worker) => Result ^= Sum(Memory + (long)task * ChunkBytes, ChunkBytes);
    }
}
