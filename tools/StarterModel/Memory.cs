using System.Numerics;

namespace Cria.Starter;

/// <summary>A neuron of a feed-forward part: what wakes it, and what it adds to the state when it is awake; by dimension.</summary>
internal sealed record Neuron(Dictionary<int, float> Gate, Dictionary<int, float> Adds);

/// <summary>
/// The neurons that know the stories. One stands for each context: it wakes when the words of the context are all there and
/// adds the difference between what follows them and what follows the parent context, whose neuron is awake too. Where a
/// word to recall follows, it calls for it, and a neuron of the next layer, one for each call and chosen member,
/// answers with the token.
/// </summary>
internal sealed class Memory
{
    // The logit of the likeliest token and of the others that may follow. A clear first keeps greedy text stable. The difference
    // is two steps of 127, so that both are whole numbers of steps wherever they are quantised together with ones.
    private const float Top = 40, Others = Top * 125 / 127;

    // Tokens that may not follow stay below this; at 10 less than the top, even all of them together are next to impossible.
    private const float Limit = 30;

    // Codes are this much smaller in the state than in the logits, so that they hardly change its length; members count as ones.
    private const float OutputScale = 1 / 64f, RecallableScale = 1 / Top;

    // An awake neuron's gate is this far above zero and an idle one's as far below; silu makes that 20 and next to nothing.
    private const float Awake = 20;

    // Words of 32 signs agree by 32 with themselves and by at most 12 with others: a full match of n words gives 32 n, a
    // match but for one at most 32 n - 20, and the gate opens half way.
    private const int MostAlike = 12, Slack = 10;

    private readonly StarterVocabulary _vocabulary;
    private readonly ulong[] _words;
    private readonly Dictionary<int, ulong> _outputs;
    private readonly Dictionary<int, int> _recallable;

    public Memory(StarterVocabulary vocabulary, IReadOnlyList<Context> contexts)
    {
        _vocabulary = vocabulary;
        _words = Codes.Make(vocabulary.ContextCount, Layout.Slot, MostAlike, seed: 1);
        _recallable = vocabulary.Recallable.Select((token, index) => (token, index)).ToDictionary(t => t.token, t => t.index);

        int[] coded = [.. contexts.SelectMany(c => c.Next).Select(n => n.Token)
            .Where(token => token >= 0 && !_recallable.ContainsKey(token)).Distinct()];
        _outputs = coded.Zip(Codes.Make(coded.Length, 2 * Layout.Slot, 16, seed: 2)).ToDictionary();

        // Contexts that call must do so before the answers are given. The others fill up both layers, those with members last:
        // what the first layer adds makes the state longer and so the second layer's words weaker.
        ILookup<bool, Context> byCall = contexts.ToLookup(c => Calls(c) || (c.Parent is { } parent && Calls(parent)));
        Neuron[] calling = [.. byCall[true].Select(Remember)];
        Neuron[] others = [.. byCall[false].OrderBy(Chooses).Select(Remember)];
        Neuron[] answers = [.. Answers()];
        int half = (calling.Length + others.Length + answers.Length + 1) / 2;
        int fill = Math.Clamp(half - calling.Length, 0, others.Length);
        First = [.. calling, .. others[..fill]];
        Second = [.. answers, .. others[fill..]];
    }

    public IReadOnlyList<Neuron> First { get; }

    public IReadOnlyList<Neuron> Second { get; }

    /// <summary>The weight that makes a neuron's amplitude 1 when its gate is <see cref="Awake"/>.</summary>
    public static float Up => 1 / Awake;

    /// <summary>Writes the sign code of a token's word, as contexts see it.</summary>
    public void WriteWord(int token, Matrix matrix, int row)
    {
        ulong code = _words[_vocabulary.ContextOf(token)];
        for (int i = 0; i < Layout.Slot; i++) matrix[row, Layout.Words + i] = Codes.Sign(code, i);
    }

    /// <summary>Writes the weights that read a token's logit from the output; none for a token that never follows.</summary>
    public void WriteReader(int token, Matrix matrix, int row)
    {
        if (_recallable.TryGetValue(token, out int index)) matrix[row, Layout.RecallableOutput + index] = 1 / RecallableScale;
        if (!_outputs.TryGetValue(token, out ulong code)) return;
        for (int i = 0; i < 2 * Layout.Slot; i++) matrix[row, Layout.Output + i] = Codes.Sign(code, i) / OutputScale;
    }

    private bool Chooses(Context context) => context.Next.Any(n => _recallable.ContainsKey(n.Token));

    private static bool Calls(Context context) => context.Next.Any(n => n.Recalled is not null);

    private Neuron Remember(Context context)
    {
        float scale = Awake / Slack;
        var gate = new Dictionary<int, float>();
        for (int back = 0; back < context.Words.Length; back++)
        {
            ulong code = _words[context.Words[back]];
            for (int i = 0; i < Layout.Slot; i++) gate[Layout.Words + back * Layout.Slot + i] = scale * Codes.Sign(code, i);
        }

        gate[Layout.One] = context.Words.Length == 0 ? Awake : -scale * (context.Words.Length * Layout.Slot - Slack);
        Dictionary<int, float> adds = Output(context.Next);
        if (context.Parent is { } parent)
        {
            foreach ((int dimension, float value) in Output(parent.Next)) adds[dimension] = adds.GetValueOrDefault(dimension) - value;
        }

        return new Neuron(gate, adds);
    }

    // The state that gives each continuation the logit of its rank.
    private Dictionary<int, float> Output(IReadOnlyList<Continuation> next)
    {
        var state = new Dictionary<int, float>();
        var coded = new List<(ulong Code, float Logit)>();
        for (int rank = 0; rank < next.Count; rank++)
        {
            float logit = rank == 0 ? Top : Others;
            // An answer's gate doubles what a call differs from one by, so the call says half of it.
            if (next[rank].Recalled is { } word)
                state[Layout.Called + word.Index] = (1 + logit / Top) / 2;
            else if (_recallable.TryGetValue(next[rank].Token, out int index))
                state[Layout.RecallableOutput + index] = logit * RecallableScale;
            else
                coded.Add((_outputs[next[rank].Token], logit));
        }

        double[] output = coded.Count > 0 ? Solve(coded) : [];
        for (int i = 0; i < output.Length; i++) state[Layout.Output + i] = (float)(output[i] * OutputScale);
        return state;
    }

    // The shortest vector whose product with the code of every token that follows is its logit. The codes are not quite
    // orthogonal: tokens that would rise too high by resembling the sum are held down, as long as there are any.
    private double[] Solve(List<(ulong Code, float Logit)> wanted)
    {
        while (true)
        {
            double[] vector = Shortest(wanted);
            ulong[] high = [.. _outputs.Values.Where(code => Product(code, vector) > Limit && !wanted.Exists(w => w.Code == code))];
            if (high.Length == 0) return vector;
            wanted = [.. wanted, .. high.Select(code => (code, Limit - 1))];
            if (wanted.Count > 2 * Layout.Slot) throw new InvalidDataException("Too many tokens resemble those that follow a context.");
        }
    }

    private static double[] Shortest(List<(ulong Code, float Logit)> wanted)
    {
        double[] shares = Shares(wanted);
        double[] vector = new double[2 * Layout.Slot];
        for (int c = 0; c < shares.Length; c++)
            for (int i = 0; i < vector.Length; i++) vector[i] += shares[c] * Codes.Sign(wanted[c].Code, i);
        return vector;
    }

    private static double Product(ulong code, double[] vector)
    {
        double sum = 0;
        for (int i = 0; i < vector.Length; i++) sum += vector[i] * Codes.Sign(code, i);
        return sum;
    }

    // How much of each code: a linear system of their products, solved by elimination, for it is small and well conditioned.
    private static double[] Shares(List<(ulong Code, float Logit)> coded)
    {
        int n = coded.Count;
        double[,] a = new double[n, n + 1];
        for (int r = 0; r < n; r++)
        {
            for (int c = 0; c < n; c++) a[r, c] = 64 - 2 * BitOperations.PopCount(coded[r].Code ^ coded[c].Code);
            a[r, n] = coded[r].Logit;
        }

        for (int p = 0; p < n; p++)
        {
            for (int r = 0; r < n; r++)
            {
                if (r == p) continue;
                double factor = a[r, p] / a[p, p];
                for (int c = p; c <= n; c++) a[r, c] -= factor * a[p, c];
            }
        }

        double[] shares = new double[n];
        for (int r = 0; r < n; r++) shares[r] = a[r, n] / a[r, r];
        return shares;
    }

    private IEnumerable<Neuron> Answers()
    {
        Kind[] kinds = Enum.GetValues<Kind>();
        int[] members = [.. kinds.SelectMany(_vocabulary.MembersOf)];
        foreach (Placeholder word in _vocabulary.Placeholders.Values)
        {
            int first = Array.IndexOf(members, _vocabulary.MembersOf(word.Kind)[0]);
            for (int m = 0; m < word.Forms.Length; m++) yield return Answer(word, Layout.Chosen + first + m, word.Forms[m]);
            yield return Answer(word, Layout.NoneChosen + (int)word.Kind, word.Forms[0]);
        }
    }

    private Neuron Answer(Placeholder word, int chosen, string form) => new(
        new() { [Layout.Called + word.Index] = 2 * Awake, [chosen] = 2 * Awake, [Layout.One] = -3 * Awake },
        // The call itself makes the state a little longer, and all that is read from it as much smaller: twice, in gate and up.
        new() { [Layout.RecallableOutput + _recallable[_vocabulary.Id(form)]] = Top * RecallableScale * (1 + 1f / Layout.AttendedLength) });
}
