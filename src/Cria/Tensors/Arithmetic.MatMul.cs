using Cria.Tensors.Kernels;
using Cria.Tensors.Kernels.Inputs;

namespace Cria.Tensors;

internal sealed unsafe partial class Arithmetic
{
    /// <summary>
    /// Fewer rows than this are multiplied row by row, four of them at once; the results are the same. A pass of a 1.1B Q4_K_M model on two cores took 17 ms
    /// for two rows and 18 for four; through panels 24 for three to eight.
    /// </summary>
    private const int FewestPanelRows = 5;

    /// <summary>The panels of one task: a good part of a second-level cache.</summary>
    private const long PanelGroupBytes = 256 * 1024;

    /// <summary>
    /// The weights of one task when rows are multiplied one by one: small, so that all members end together, for each reads on
    /// where its last task ended. A 1.1B Q4_K_M model decoded 70 tokens/s with tasks of 1 MB or 256 KB, 72 to 80 with 16 to 64 KB.
    /// </summary>
    private const long DotTaskBytes = 32 * 1024;

    private readonly NativeBuffer _inputs = new();
    private readonly NativeBuffer _scratch = new();
    private readonly NativeBuffer _panels = new();
    private readonly NativeBuffer _segments = new();
    private readonly NativeBuffer _order = new();
    private readonly NativeBuffer _attention = new();

    /// <summary>y = x · weightᵀ, row by row.</summary>
    public void MatMul(Activations x, Weight weight, Activations y)
    {
        Check(x.Columns == weight.Columns && y.Columns == weight.Rows && y.Rows == x.Rows, "MatMul: shapes differ.");
        Segment* segments = stackalloc Segment[1];
        segments[0] = Product(weight, y);
        Multiply(x, segments, 1);
    }

    /// <summary>Two products of the same input, which is prepared once.</summary>
    public void MatMul(Activations x, Weight w1, Activations y1, Weight w2, Activations y2)
    {
        Check(x.Columns == w1.Columns && y1.Columns == w1.Rows && y1.Rows == x.Rows, "MatMul: shapes differ.");
        Check(x.Columns == w2.Columns && y2.Columns == w2.Rows && y2.Rows == x.Rows, "MatMul: shapes differ.");
        Segment* segments = stackalloc Segment[2];
        segments[0] = Product(w1, y1);
        segments[1] = Product(w2, y2);
        Multiply(x, segments, 2);
    }

    /// <summary>Three products of the same input, which is prepared once.</summary>
    public void MatMul(Activations x, Weight w1, Activations y1, Weight w2, Activations y2, Weight w3, Activations y3)
    {
        Check(x.Columns == w1.Columns && y1.Columns == w1.Rows && y1.Rows == x.Rows, "MatMul: shapes differ.");
        Check(x.Columns == w2.Columns && y2.Columns == w2.Rows && y2.Rows == x.Rows, "MatMul: shapes differ.");
        Check(x.Columns == w3.Columns && y3.Columns == w3.Rows && y3.Rows == x.Rows, "MatMul: shapes differ.");
        Segment* segments = stackalloc Segment[3];
        segments[0] = Product(w1, y1);
        segments[1] = Product(w2, y2);
        segments[2] = Product(w3, y3);
        Multiply(x, segments, 3);
    }

    /// <summary>Copies the rows of an embedding table that the ids name into y.</summary>
    public void Embed(Weight table, ReadOnlySpan<int> ids, Activations y)
    {
        Check(table.Columns == y.Columns && ids.Length == y.Rows, "Embed: shapes differ.");
        for (int t = 0; t < ids.Length; t++) table.DecodeRow(ids[t], y[t]);
    }

    private static Segment Product(Weight weight, Activations y) => new()
    {
        Kernels = weight.Kernels,
        Weights = weight.Address,
        RowBytes = weight.RowBytes,
        Rows = weight.Rows,
        Columns = weight.Columns,
        Output = y.Address,
        OutputStride = y.Stride,
    };

    /// <summary>Prepares the input for the segments' kernels and multiplies.</summary>
    private void Multiply(Activations x, Segment* segments, int count)
    {
        if (x.Rows == 0) return;
        bool tiled = x.Rows >= FewestPanelRows;
        int units = tiled ? TileCount(x.Rows) : x.Rows;
        long unitBytes = 0;
        for (InputForm form = InputForm.Floats; form <= InputForm.WideBlocks; form++) unitBytes += UnitBytes(form);
        byte* prepared = _inputs.Reserve(unitBytes * units);
        for (InputForm form = InputForm.Floats; form <= InputForm.WideBlocks; form++)
        {
            bool isPrepared = false;
            for (int i = 0; i < count; i++)
            {
                Segment* segment = segments + i;
                if ((tiled ? segment->Kernels.TileForm : segment->Kernels.RowForm) != form) continue;
                segment->Count = x.Rows;
                if (!tiled && form == InputForm.Floats)
                {
                    segment->Input = (byte*)x.Address;
                    segment->InputStride = (long)x.Stride * sizeof(float);
                    continue;
                }

                if (!isPrepared) Prepare(x, form, tiled, prepared);
                isPrepared = true;
                segment->Input = prepared;
                segment->InputStride = UnitBytes(form);
            }

            if (isPrepared) prepared += UnitBytes(form) * units;
        }

        Run(segments, count);

        long UnitBytes(InputForm form) => tiled ? form.TileBytes(x.Columns) : form.RowBytes(x.Columns);
    }

    private void Prepare(Activations x, InputForm form, bool tiled, byte* target)
    {
        if (!tiled)
        {
            for (int t = 0; t < x.Rows; t++) form.FillRow(x.Address + (nint)t * x.Stride, x.Columns, target + t * form.RowBytes(x.Columns));
            return;
        }

        var fill = new FillTiles
        {
            Form = form,
            Source = x.Address,
            SourceStride = x.Stride,
            Rows = x.Rows,
            Columns = x.Columns,
            Tiles = target,
            Scratch = _scratch.Reserve(_team.Size * InputForms.TileRows * form.RowBytes(x.Columns)),
        };
        _team.Run(ref fill, TileCount(x.Rows));
    }

    private static int TileCount(int rows) => (rows + InputForms.TileRows - 1) / InputForms.TileRows;

    /// <summary>Cuts the segments into tasks of about equal cost and runs them.</summary>
    private void Run(Segment* segments, int count)
    {
        long panelBytes = 0;
        int tasks = 0;
        for (int i = 0; i < count; i++)
        {
            Segment* s = segments + i;
            s->FirstTask = tasks;
            int lanes = s->Kernels.Lanes;
            if (s->Count >= FewestPanelRows)
            {
                long bytes = s->Kernels.PanelBytes(s->Columns);
                // Several panels per task reuse a tile while it is in the first-level cache; together they must stay in the second.
                // Few tiles would not be reused often enough to let the memory wait for several panels.
                int panels = (s->Rows + lanes - 1) / lanes;
                int group = (int)Math.Clamp(Math.Min(Math.Min(PanelGroupBytes / bytes, TileCount(s->Count)), panels / (4 * _team.Size)), 1, 8);
                s->RowsPerTask = group * lanes;
                panelBytes = Math.Max(panelBytes, group * bytes);
            }
            else
            {
                // At least two tasks for each member, so that one that is held up does not hold up all; and fours of rows, which go together.
                long rows = Math.Max(DotTaskBytes / Math.Max(s->RowBytes, 1), 4), share = (s->Rows + 2 * _team.Size - 1) / (2 * _team.Size) + 3;
                s->RowsPerTask = (int)Math.Min(rows & ~3, share & ~3);
            }

            tasks += (s->Rows + s->RowsPerTask - 1) / s->RowsPerTask;
        }

        panelBytes = (panelBytes + 63) & ~63L;
        var work = new SegmentWork { Segments = segments, Count = count, PanelBytes = panelBytes, Panels = _panels.Reserve(_team.Size * panelBytes + 64) };
        _team.Run(ref work, tasks);
    }

    /// <summary>One matrix and the rows of input that meet it.</summary>
    private struct Segment
    {
        public MatrixKernels Kernels;
        public byte* Weights;
        public long RowBytes;
        public int Rows;
        public int Columns;

        /// <summary>Tiles where Count reaches <see cref="FewestPanelRows"/>, single rows otherwise, each InputStride bytes after the other.</summary>
        public byte* Input;
        public long InputStride;
        public int Count;

        /// <summary>Which output row belongs to each input row; null keeps the order.</summary>
        public int* Order;

        /// <summary>Which input row to read where Count is below <see cref="FewestPanelRows"/>; null keeps the order.</summary>
        public int* InputOrder;
        public float* Output;
        public nint OutputStride;
        public int FirstTask;
        public int RowsPerTask;
    }

    private struct SegmentWork : IParallelWork
    {
        public Segment* Segments;
        public int Count;
        public long PanelBytes;
        public byte* Panels;

        public readonly void Execute(int task, int worker)
        {
            int low = 0, high = Count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                if (Segments[middle].FirstTask <= task) low = middle;
                else high = middle - 1;
            }

            Segment* segment = Segments + low;
            int first = (task - segment->FirstTask) * segment->RowsPerTask;
            int rows = Math.Min(segment->RowsPerTask, segment->Rows - first);
            if (segment->Count >= FewestPanelRows) MultiplyPanels(segment, first, rows, Panels + worker * PanelBytes);
            else MultiplyRows(segment, first, rows);
        }

        private static void MultiplyRows(Segment* s, int first, int rows)
        {
            byte* weights = s->Weights + first * s->RowBytes;
            if (s->Count == 4 && s->InputOrder == null)
            {
                float* four = stackalloc float[4];
                for (int row = 0; row < rows; row++)
                {
                    s->Kernels.DotFour(weights + row * s->RowBytes, s->Columns, s->Input, s->InputStride, four);
                    for (int t = 0; t < 4; t++) s->Output[(s->Order == null ? t : s->Order[t]) * s->OutputStride + first + row] = four[t];
                }

                return;
            }

            // Inputs outside and weights inside: a task's weights stay in the cache.
            for (int t = 0; t < s->Count; t++)
            {
                byte* input = s->Input + (s->InputOrder == null ? t : s->InputOrder[t]) * s->InputStride;
                float* output = s->Output + (s->Order == null ? t : s->Order[t]) * s->OutputStride + first;
                s->Kernels.Dot(weights, s->RowBytes, rows, s->Columns, input, output);
            }
        }

        private static void MultiplyPanels(Segment* s, int first, int rows, byte* panels)
        {
            int lanes = s->Kernels.Lanes;
            long bytes = s->Kernels.PanelBytes(s->Columns);
            for (int row = 0; row < rows; row += lanes)
                s->Kernels.Pack(s->Weights + (first + row) * s->RowBytes, s->RowBytes, Math.Min(lanes, rows - row), s->Columns, panels + row / lanes * bytes);

            float* partial = stackalloc float[InputForms.TileRows * 16];
            for (int t = 0; t < s->Count; t += InputForms.TileRows)
            {
                byte* tile = s->Input + t / InputForms.TileRows * s->InputStride;
                // The first tile's products leave the memory time to bring what the next task packs.
                byte* next = t == 0 ? s->Weights + (first + rows) * s->RowBytes : null;
                int count = Math.Min(InputForms.TileRows, s->Count - t);
                for (int row = 0; row < rows; row += lanes)
                {
                    byte* panel = panels + row / lanes * bytes, ahead = next == null ? null : next + row * s->RowBytes;
                    if (count == InputForms.TileRows && row + lanes <= rows && s->Order == null)
                    {
                        s->Kernels.Multiply(panel, tile, s->Columns, s->Output + t * s->OutputStride + first + row, s->OutputStride, ahead);
                        continue;
                    }

                    s->Kernels.Multiply(panel, tile, s->Columns, partial, lanes, ahead);
                    int valid = Math.Min(lanes, rows - row);
                    for (int i = 0; i < count; i++)
                    {
                        float* output = s->Output + (s->Order == null ? t + i : s->Order[t + i]) * s->OutputStride + first + row;
                        new ReadOnlySpan<float>(partial + i * lanes, valid).CopyTo(new Span<float>(output, valid));
                    }
                }
            }
        }
    }

    /// <summary>Turns rows of activations into tiles, one tile per task.</summary>
    private struct FillTiles : IParallelWork
    {
        public InputForm Form;
        public float* Source;
        public nint SourceStride;
        public int Rows;
        public int Columns;
        public byte* Tiles;
        public byte* Scratch;

        public readonly void Execute(int task, int worker)
        {
            float** rows = stackalloc float*[InputForms.TileRows];
            int first = task * InputForms.TileRows, count = Math.Min(InputForms.TileRows, Rows - first);
            for (int i = 0; i < count; i++) rows[i] = Source + (first + i) * SourceStride;
            Form.FillTile(rows, count, Columns, Tiles + task * Form.TileBytes(Columns), Scratch + worker * InputForms.TileRows * Form.RowBytes(Columns));
        }
    }
}
