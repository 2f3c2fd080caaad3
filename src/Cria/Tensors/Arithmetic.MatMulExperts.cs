using Cria.Tensors.Kernels.Inputs;

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
            if (count >= FewestPanelRows) tiles += TileCount(count);
        }

        InputForm rowForm = weight.Kernels.RowForm, tileForm = weight.Kernels.TileForm;
        bool direct = rowForm == InputForm.Floats;
        long rowBytes = direct ? (long)x.Stride * sizeof(float) : rowForm.RowBytes(x.Columns), tileBytes = tileForm.TileBytes(x.Columns);
        byte* input = _inputs.Reserve((direct ? 0 : x.Rows * rowBytes) + tiles * tileBytes);
        byte* rows = direct ? (byte*)x.Address : input, tile = direct ? input : input + x.Rows * rowBytes;

        Segment* segments = (Segment*)_segments.Reserve((long)used * sizeof(Segment));
        var fill = new GatherTiles
        {
            Form = tileForm,
            Source = x.Address,
            SourceStride = x.Stride,
            Columns = x.Columns,
            Segments = segments,
            Scratch = _scratch.Reserve(_team.Size * InputForms.TileRows * tileForm.RowBytes(x.Columns)),
        };
        for (int e = 0; e < weight.Count; e++)
        {
            int count = starts[e + 1] - starts[e];
            if (count == 0) continue;
            bool tiled = count >= FewestPanelRows;
            Segment segment = Product(weight, y);
            segment.Weights += (long)e * weight.Rows * weight.RowBytes;
            segment.Count = count;
            segment.Order = outputRows + starts[e];
            segment.InputOrder = inputRows + starts[e];
            segment.Input = tiled ? tile : rows;
            segment.InputStride = tiled ? tileBytes : rowBytes;
            segments[fill.Count++] = segment;
            if (tiled) tile += TileCount(count) * tileBytes;
        }

        // Only rows of sparsely used experts are read one by one, but preparing a row is cheap and it may serve both ways.
        if (!direct) Prepare(x, rowForm, tiled: false, rows);
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
        public InputForm Form;
        public float* Source;
        public nint SourceStride;
        public int Columns;
        public Segment* Segments;
        public int Count;
        public byte* Scratch;

        public readonly void Execute(int task, int worker)
        {
            Segment* segment = Segments + task;
            if (segment->Count < FewestPanelRows) return;
            float** rows = stackalloc float*[InputForms.TileRows];
            for (int first = 0; first < segment->Count; first += InputForms.TileRows)
            {
                int count = Math.Min(InputForms.TileRows, segment->Count - first);
                for (int i = 0; i < count; i++) rows[i] = Source + segment->InputOrder[first + i] * SourceStride;
                byte* tile = segment->Input + first / InputForms.TileRows * segment->InputStride;
                Form.FillTile(rows, count, Columns, tile, Scratch + worker * InputForms.TileRows * Form.RowBytes(Columns));
            }
        }
    }
}
