using Cria.Tensors.Kernels;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>
    /// Products with chosen matrices of a stack: row r of y is the input of r · weight[experts[r]]ᵀ. x holds either one row per
    /// row of y, or one row per token whose <paramref name="slots"/> rows of y share it.
    /// </summary>
    public void MatMulExperts(Activations x, Weight weight, ReadOnlySpan<int> experts, int slots, Activations y)
    {
        bool shared = slots > 1 && x.Rows * slots == y.Rows;
        Check(x.Columns == weight.Columns && y.Columns == weight.Rows && y.Rows == experts.Length, "MatMulExperts: shapes differ.");
        Check(shared || x.Rows == y.Rows, "MatMulExperts: shapes differ.");
        if (y.Rows == 0) return;

        int* starts = (int*)_order.Reserve((weight.Count + 1 + 2L * y.Rows) * sizeof(int));
        int* outputRows = starts + weight.Count + 1, inputRows = outputRows + y.Rows;
        SortByExpert(experts, weight.Count, starts, outputRows);
        for (int i = 0; i < y.Rows; i++) inputRows[i] = shared ? outputRows[i] / slots : outputRows[i];

        int tiles = 0, used = 0;
        for (int e = 0; e < weight.Count; e++)
        {
            int count = starts[e + 1] - starts[e];
            if (count > 0) used++;
            if (count >= PanelRows) tiles += (count + ActivationTiles.Rows - 1) / ActivationTiles.Rows;
        }

        bool integers = weight.Kernels.Quantized;
        long rowBytes = integers ? (long)QuantizedRow.Records(x.Columns) * QuantizedRow.RecordBytes : (long)x.Stride * sizeof(float);
        long tileBytes = integers ? ActivationTiles.TileBytes(x.Columns) : FloatTileBytes(x.Columns);
        byte* input = _tiles.Reserve((integers ? x.Rows * rowBytes : 0) + tiles * tileBytes + 64);
        byte* rows = integers ? input : (byte*)x.Address;
        byte* tile = integers ? input + x.Rows * rowBytes : input;

        Segment* segments = (Segment*)_segments.Reserve((long)used * sizeof(Segment));
        var fill = new GatherTiles
        {
            Source = x.Address,
            SourceStride = x.Stride,
            Columns = x.Columns,
            Integers = integers,
            Segments = segments,
            Scratch = _tileScratch.Reserve((long)_team.Size * TileScratchBytes(x.Columns)),
        };
        for (int e = 0; e < weight.Count; e++)
        {
            int count = starts[e + 1] - starts[e];
            if (count == 0) continue;
            bool tiled = count >= PanelRows;
            Segment segment = Product(weight, y);
            segment.Weights += (long)e * weight.Rows * weight.RowBytes;
            segment.Count = count;
            segment.Order = outputRows + starts[e];
            segment.InputOrder = inputRows + starts[e];
            segment.Input = tiled ? tile : rows;
            segment.InputStride = tiled ? tileBytes : rowBytes;
            segments[fill.Count++] = segment;
            if (tiled) tile += (count + ActivationTiles.Rows - 1) / ActivationTiles.Rows * tileBytes;
        }

        if (integers)
        {
            // Only rows of sparsely used experts are read one by one, but a row is cheap and may serve both ways.
            for (int t = 0; t < x.Rows; t++) QuantizedRow.Quantize(x.Address + (nint)t * x.Stride, x.Columns, rows + t * rowBytes);
        }

        if (tiles > 0) _team.Run(ref fill, fill.Count);
        Run(segments, fill.Count);
    }

    /// <summary>Counting sort: the rows of expert e become rows[starts[e]] … rows[starts[e + 1] - 1].</summary>
    private static void SortByExpert(ReadOnlySpan<int> experts, int count, int* starts, int* rows)
    {
        new Span<int>(starts, count + 1).Clear();
        foreach (int expert in experts)
        {
            Check((uint)expert < (uint)count, "MatMulExperts: no such expert.");
            starts[expert + 1]++;
        }

        for (int e = 0; e < count; e++) starts[e + 1] += starts[e];
        for (int r = 0; r < experts.Length; r++) rows[starts[experts[r]]++] = r;
        for (int e = count; e > 0; e--) starts[e] = starts[e - 1];
        starts[0] = 0;
    }

    /// <summary>Gathers the rows of each well-used expert into tiles, one expert per task.</summary>
    private struct GatherTiles : IParallelWork
    {
        public float* Source;
        public nint SourceStride;
        public int Columns;
        public bool Integers;
        public Segment* Segments;
        public int Count;
        public byte* Scratch;

        public readonly void Execute(int task, int worker)
        {
            Segment* segment = Segments + task;
            if (segment->Count < PanelRows) return;
            float** rows = stackalloc float*[ActivationTiles.Rows];
            for (int first = 0; first < segment->Count; first += ActivationTiles.Rows)
            {
                int count = Math.Min(ActivationTiles.Rows, segment->Count - first);
                for (int i = 0; i < count; i++) rows[i] = Source + segment->InputOrder[first + i] * SourceStride;
                byte* tile = segment->Input + first / ActivationTiles.Rows * segment->InputStride;
                FillTiles.FillTile(rows, count, Columns, Integers ? tile : null, Integers ? null : tile, Scratch + worker * TileScratchBytes(Columns));
            }
        }
    }
}
