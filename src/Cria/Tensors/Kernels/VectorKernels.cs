using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Cria.Tensors.Kernels.Attention;

namespace Cria.Tensors.Kernels;

/// <summary>The operations on rows of floats, for this processor's registers; one virtual call per row, none per element.</summary>
internal abstract unsafe class VectorKernels
{
    /// <summary>The widest that this processor has.</summary>
    public static VectorKernels Best { get; } =
        Lanes512.IsSupported ? new VectorKernels<Lanes512, Vector512<int>, Vector512<float>>()
        : Lanes256.IsSupported ? new VectorKernels<Lanes256, Vector256<int>, Vector256<float>>()
        : new VectorKernels<Lanes128, Vector128<int>, Vector128<float>>();

    public abstract int PaddedValueLength(int valueLength);

    public abstract long AttentionScratchFloats(int rows, int keyLength, int valueLength);

    public abstract void Attend(in AttentionTask task, float* scratch, AttentionResult result);

    /// <summary>y = x · weight / rms(x).</summary>
    public abstract void RmsNorm(float* x, float* weight, int length, float epsilon, float* y);

    /// <summary>y = (x - mean(x)) · weight / deviation(x) + bias.</summary>
    public abstract void LayerNorm(float* x, float* weight, float* bias, int length, float epsilon, float* y);

    /// <summary>x += y · scale.</summary>
    public abstract void Add(float* x, float* y, float scale, int length);

    /// <summary>x += Σ shares[k] · rows[k], where each of the <paramref name="count"/> rows lies <paramref name="stride"/> floats after the one before.</summary>
    public abstract void AddCombination(float* x, float* shares, float* rows, nint stride, int count, int length);

    public abstract void Scale(float* x, float scale, int length);

    public abstract void SwiGlu(float* gate, float* up, int length);

    public abstract void GeGlu(float* gate, float* up, int length);

    public abstract void Gelu(float* x, int length);

    public abstract void SwiGluClamped(float* gate, float* up, float alpha, float limit, int length);

    public abstract void SoftCap(float* x, float cap, int length);

    /// <summary>Turns the pairs (2i, 2i + 1); cosines lie twice, sines once negative and once as they are.</summary>
    public abstract void RotateNeighbours(float* x, float* cosines, float* sines, int pairs);

    /// <summary>Turns the pairs (i, i + pairs).</summary>
    public abstract void RotateHalves(float* x, float* cosines, float* sines, int pairs);
}

internal sealed unsafe class VectorKernels<TLanes, I, F> : VectorKernels
    where TLanes : struct, ILanes<I, F>
    where I : struct
    where F : struct
{
    /// <summary>A function of a register and, for tails, of one that holds the last values.</summary>
    private interface IFunction
    {
        F Apply(F x, F y);
    }

    public override int PaddedValueLength(int valueLength) => AttentionKernel<TLanes, I, F>.PaddedLength(valueLength);

    public override long AttentionScratchFloats(int rows, int keyLength, int valueLength) =>
        AttentionKernel<TLanes, I, F>.ScratchFloats(rows, keyLength, valueLength);

    public override void Attend(in AttentionTask task, float* scratch, AttentionResult result) => AttentionKernel<TLanes, I, F>.Attend(task, scratch, result);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RmsNorm(float* x, float* weight, int length, float epsilon, float* y)
    {
        F sum = default;
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            F v = TLanes.LoadFloats(x + i);
            sum = TLanes.MultiplyAdd(v, v, sum);
        }

        float total = TLanes.Sum(sum);
        for (; i < length; i++) total += x[i] * x[i];
        float scale = 1 / MathF.Sqrt(total / length + epsilon);
        F scales = TLanes.BroadcastFloat(scale);
        for (i = 0; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.LoadFloats(x + i), scales), TLanes.LoadFloats(weight + i)), y + i);
        for (; i < length; i++) y[i] = x[i] * scale * weight[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void LayerNorm(float* x, float* weight, float* bias, int length, float epsilon, float* y)
    {
        F sum = default;
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count) sum = TLanes.Add(sum, TLanes.LoadFloats(x + i));
        float total = TLanes.Sum(sum);
        for (; i < length; i++) total += x[i];
        float mean = total / length;

        // The squares of what is left, not the difference of two large sums.
        F means = TLanes.BroadcastFloat(mean), squares = default;
        for (i = 0; i <= length - TLanes.Count; i += TLanes.Count)
        {
            F v = TLanes.Subtract(TLanes.LoadFloats(x + i), means);
            squares = TLanes.MultiplyAdd(v, v, squares);
        }

        total = TLanes.Sum(squares);
        for (; i < length; i++) total += (x[i] - mean) * (x[i] - mean);
        float scale = 1 / MathF.Sqrt(total / length + epsilon);
        F scales = TLanes.BroadcastFloat(scale);
        for (i = 0; i <= length - TLanes.Count; i += TLanes.Count)
        {
            F v = TLanes.Multiply(TLanes.Subtract(TLanes.LoadFloats(x + i), means), scales);
            TLanes.Store(TLanes.MultiplyAdd(v, TLanes.LoadFloats(weight + i), TLanes.LoadFloats(bias + i)), y + i);
        }

        for (; i < length; i++) y[i] = (x[i] - mean) * scale * weight[i] + bias[i];
    }

    public override void Add(float* x, float* y, float scale, int length) => Apply(x, y, length, new AddScaledFunction { Scale = scale });

    // Four registers of sums, so that x is read and written once and not once per row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddCombination(float* x, float* shares, float* rows, nint stride, int count, int length)
    {
        int i = 0, width = TLanes.Count;
        for (; i <= length - 4 * width; i += 4 * width)
        {
            F a = TLanes.LoadFloats(x + i), b = TLanes.LoadFloats(x + i + width);
            F c = TLanes.LoadFloats(x + i + 2 * width), d = TLanes.LoadFloats(x + i + 3 * width);
            float* row = rows + i;
            for (int k = 0; k < count; k++, row += stride)
            {
                F share = TLanes.BroadcastFloat(shares[k]);
                a = TLanes.MultiplyAdd(TLanes.LoadFloats(row), share, a);
                b = TLanes.MultiplyAdd(TLanes.LoadFloats(row + width), share, b);
                c = TLanes.MultiplyAdd(TLanes.LoadFloats(row + 2 * width), share, c);
                d = TLanes.MultiplyAdd(TLanes.LoadFloats(row + 3 * width), share, d);
            }

            TLanes.Store(a, x + i);
            TLanes.Store(b, x + i + width);
            TLanes.Store(c, x + i + 2 * width);
            TLanes.Store(d, x + i + 3 * width);
        }

        if (i == length) return;
        for (int k = 0; k < count; k++) Add(x + i, rows + k * stride + i, shares[k], length - i);
    }

    public override void Scale(float* x, float scale, int length) => Apply(x, x, length, new ScaleFunction { Scale = scale });

    public override void SwiGlu(float* gate, float* up, int length) => Apply(gate, up, length, default(SwiGluFunction));

    public override void GeGlu(float* gate, float* up, int length) => Apply(gate, up, length, default(GeGluFunction));

    public override void Gelu(float* x, int length) => Apply(x, x, length, default(GeluFunction));

    public override void SwiGluClamped(float* gate, float* up, float alpha, float limit, int length) =>
        Apply(gate, up, length, new SwiGluClampedFunction { Alpha = alpha, Limit = limit });

    public override void SoftCap(float* x, float cap, int length) => Apply(x, x, length, new SoftCapFunction { Cap = cap });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RotateNeighbours(float* x, float* cosines, float* sines, int pairs)
    {
        int i = 0;
        for (; i <= 2 * pairs - TLanes.Count; i += TLanes.Count)
        {
            F v = TLanes.LoadFloats(x + i);
            F turned = TLanes.Multiply(TLanes.SwapNeighbours(v), TLanes.LoadFloats(sines + i));
            TLanes.Store(TLanes.MultiplyAdd(v, TLanes.LoadFloats(cosines + i), turned), x + i);
        }

        for (; i < 2 * pairs; i += 2) (x[i], x[i + 1]) = (x[i] * cosines[i] + x[i + 1] * sines[i], x[i + 1] * cosines[i + 1] + x[i] * sines[i + 1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RotateHalves(float* x, float* cosines, float* sines, int pairs)
    {
        int i = 0;
        float* y = x + pairs;
        for (; i <= pairs - TLanes.Count; i += TLanes.Count)
        {
            F a = TLanes.LoadFloats(x + i), b = TLanes.LoadFloats(y + i), cosine = TLanes.LoadFloats(cosines + i), sine = TLanes.LoadFloats(sines + i);
            TLanes.Store(TLanes.Subtract(TLanes.Multiply(a, cosine), TLanes.Multiply(b, sine)), x + i);
            TLanes.Store(TLanes.MultiplyAdd(a, sine, TLanes.Multiply(b, cosine)), y + i);
        }

        for (; i < pairs; i++) (x[i], y[i]) = (x[i] * cosines[i] - y[i] * sines[i], x[i] * sines[i] + y[i] * cosines[i]);
    }

    /// <summary>x = f(x, y), register by register; the last values go through a padded register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TFunction>(float* x, float* y, int length, TFunction function)
        where TFunction : struct, IFunction
    {
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.Store(function.Apply(TLanes.LoadFloats(x + i), TLanes.LoadFloats(y + i)), x + i);
        if (i == length) return;

        float* tail = stackalloc float[2 * TLanes.Count];
        int rest = length - i;
        new ReadOnlySpan<float>(x + i, rest).CopyTo(new Span<float>(tail, rest));
        new ReadOnlySpan<float>(y + i, rest).CopyTo(new Span<float>(tail + TLanes.Count, rest));
        TLanes.Store(function.Apply(TLanes.LoadFloats(tail), TLanes.LoadFloats(tail + TLanes.Count)), tail);
        new ReadOnlySpan<float>(tail, rest).CopyTo(new Span<float>(x + i, rest));
    }

    private struct AddScaledFunction : IFunction
    {
        public float Scale;

        public readonly F Apply(F x, F y) => TLanes.MultiplyAdd(y, TLanes.BroadcastFloat(Scale), x);
    }

    private struct ScaleFunction : IFunction
    {
        public float Scale;

        public readonly F Apply(F x, F y) => TLanes.Multiply(x, TLanes.BroadcastFloat(Scale));
    }

    private struct SwiGluFunction : IFunction
    {
        public readonly F Apply(F x, F y) => TLanes.Multiply(VectorMath<TLanes, I, F>.Silu(x), y);
    }

    private struct GeGluFunction : IFunction
    {
        public readonly F Apply(F x, F y) => TLanes.Multiply(VectorMath<TLanes, I, F>.Gelu(x), y);
    }

    private struct GeluFunction : IFunction
    {
        public readonly F Apply(F x, F y) => VectorMath<TLanes, I, F>.Gelu(x);
    }

    private struct SwiGluClampedFunction : IFunction
    {
        public float Alpha;
        public float Limit;

        public readonly F Apply(F x, F y)
        {
            F gate = TLanes.Min(x, TLanes.BroadcastFloat(Limit));
            F up = TLanes.Max(TLanes.Min(y, TLanes.BroadcastFloat(Limit)), TLanes.BroadcastFloat(-Limit));
            F glu = TLanes.Multiply(gate, VectorMath<TLanes, I, F>.Sigmoid(TLanes.Multiply(gate, TLanes.BroadcastFloat(Alpha))));
            return TLanes.MultiplyAdd(glu, up, glu);
        }
    }

    private struct SoftCapFunction : IFunction
    {
        public float Cap;

        public readonly F Apply(F x, F y) => VectorMath<TLanes, I, F>.SoftCap(x, Cap);
    }
}
