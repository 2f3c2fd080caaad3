using Cria.Tensors.Kernels;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    private readonly VectorKernels _vectors = VectorKernels.Best;

    /// <summary>y = x · weight / rms(x), over whole rows; x and y may be the same.</summary>
    public void RmsNorm(Activations x, ReadOnlySpan<float> weight, float epsilon, Activations y)
    {
        Check(x.Columns == weight.Length && y.Columns == x.Columns && y.Rows == x.Rows, "RmsNorm: shapes differ.");
        Normalise(x, x.Columns, weight, [], epsilon, y);
    }

    /// <summary>The same for each head of a row on its own, in place; the weight has one head's length.</summary>
    public void RmsNormHeads(Activations x, int headLength, ReadOnlySpan<float> weight, float epsilon)
    {
        Check(weight.Length == headLength && x.Columns % headLength == 0, "RmsNormHeads: shapes differ.");
        Normalise(x, headLength, weight, [], epsilon, x);
    }

    /// <summary>y = (x - mean(x)) · weight / deviation(x) + bias, over whole rows; x and y may be the same.</summary>
    public void LayerNorm(Activations x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Activations y)
    {
        Check(x.Columns == weight.Length && bias.Length == weight.Length && y.Columns == x.Columns && y.Rows == x.Rows, "LayerNorm: shapes differ.");
        Normalise(x, x.Columns, weight, bias, epsilon, y);
    }

    /// <summary>x += y · scale.</summary>
    public void Add(Activations x, Activations y, float scale = 1)
    {
        Check(x.Columns == y.Columns && x.Rows == y.Rows, "Add: shapes differ.");
        Run(RowOperation.Add, x, y, scale);
    }

    /// <summary>Adds the same vector to each row.</summary>
    public void AddBias(Activations x, ReadOnlySpan<float> bias)
    {
        Check(x.Columns == bias.Length, "AddBias: shapes differ.");
        fixed (float* b = bias)
        {
            var work = new BiasWork { Rows = new RowPair(x, x), Bias = b };
            RunRows(ref work, x);
        }
    }

    /// <summary>x *= scale.</summary>
    public void Scale(Activations x, float scale) => Run(RowOperation.Scale, x, x, scale);

    /// <summary>gate = silu(gate) · up.</summary>
    public void SwiGlu(Activations gate, Activations up)
    {
        Check(gate.Columns == up.Columns && gate.Rows == up.Rows, "SwiGlu: shapes differ.");
        Run(RowOperation.SwiGlu, gate, up);
    }

    /// <summary>gate = gelu(gate) · up, with the tanh form of gelu.</summary>
    public void GeGlu(Activations gate, Activations up)
    {
        Check(gate.Columns == up.Columns && gate.Rows == up.Rows, "GeGlu: shapes differ.");
        Run(RowOperation.GeGlu, gate, up);
    }

    /// <summary>x = gelu(x), in its tanh form.</summary>
    public void Gelu(Activations x) => Run(RowOperation.Gelu, x, x);

    /// <summary>gpt-oss's gate: min(gate, limit) · sigmoid(alpha · gate) · (1 + clamp(up, ±limit)).</summary>
    public void SwiGluClamped(Activations gate, Activations up, float alpha, float limit)
    {
        Check(gate.Columns == up.Columns && gate.Rows == up.Rows, "SwiGluClamped: shapes differ.");
        Run(RowOperation.SwiGluClamped, gate, up, alpha, limit);
    }

    /// <summary>x = cap · tanh(x / cap).</summary>
    public void SoftCap(Activations x, float cap) => Run(RowOperation.SoftCap, x, x, cap);

    /// <summary>A layer norm where there is a bias, else a root-mean-square norm, of each <paramref name="length"/> values.</summary>
    private void Normalise(Activations x, int length, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, float epsilon, Activations y)
    {
        fixed (float* w = weight, b = bias)
        {
            var work = new NormWork { Rows = new RowPair(x, y), Weight = w, Bias = b, Length = length, Epsilon = epsilon };
            RunRows(ref work, x);
        }
    }

    private void Run(RowOperation operation, Activations x, Activations y, float first = 0, float second = 0)
    {
        var work = new RowWork { Rows = new RowPair(x, y), Operation = operation, First = first, Second = second };
        RunRows(ref work, x);
    }

    /// <summary>One task per row; a single row is not worth waking anyone for.</summary>
    private void RunRows<TWork>(ref TWork work, Activations x)
        where TWork : unmanaged, IParallelWork
    {
        if (x.Rows >= 2 * _team.Size) _team.Run(ref work, x.Rows);
        else for (int t = 0; t < x.Rows; t++) work.Execute(t, 0);
    }

    private enum RowOperation
    {
        Add,
        Scale,
        SwiGlu,
        GeGlu,
        Gelu,
        SwiGluClamped,
        SoftCap,
    }

    private readonly struct RowPair(Activations x, Activations y)
    {
        public readonly int Columns = x.Columns;
        private readonly float* _x = x.Address;
        private readonly float* _y = y.Address;
        private readonly nint _xStride = x.Stride;
        private readonly nint _yStride = y.Stride;

        public float* X(int row) => _x + row * _xStride;

        public float* Y(int row) => _y + row * _yStride;
    }

    private struct NormWork : IParallelWork
    {
        public RowPair Rows;
        public float* Weight;
        public float* Bias;
        public int Length;
        public float Epsilon;

        public readonly void Execute(int task, int worker)
        {
            for (int i = 0; i < Rows.Columns; i += Length)
            {
                float* x = Rows.X(task) + i, y = Rows.Y(task) + i;
                if (Bias == null) VectorKernels.Best.RmsNorm(x, Weight, Length, Epsilon, y);
                else VectorKernels.Best.LayerNorm(x, Weight, Bias, Length, Epsilon, y);
            }
        }
    }

    private struct BiasWork : IParallelWork
    {
        public RowPair Rows;
        public float* Bias;

        public readonly void Execute(int task, int worker) => VectorKernels.Best.Add(Rows.X(task), Bias, 1, Rows.Columns);
    }

    private struct RowWork : IParallelWork
    {
        public RowPair Rows;
        public RowOperation Operation;
        public float First;
        public float Second;

        public readonly void Execute(int task, int worker)
        {
            float* x = Rows.X(task), y = Rows.Y(task);
            VectorKernels kernels = VectorKernels.Best;
            switch (Operation)
            {
                case RowOperation.Add: kernels.Add(x, y, First, Rows.Columns); break;
                case RowOperation.Scale: kernels.Scale(x, First, Rows.Columns); break;
                case RowOperation.SwiGlu: kernels.SwiGlu(x, y, Rows.Columns); break;
                case RowOperation.GeGlu: kernels.GeGlu(x, y, Rows.Columns); break;
                case RowOperation.Gelu: kernels.Gelu(x, Rows.Columns); break;
                case RowOperation.SwiGluClamped: kernels.SwiGluClamped(x, y, First, Second, Rows.Columns); break;
                case RowOperation.SoftCap: kernels.SoftCap(x, First, Rows.Columns); break;
            }
        }
    }
}
