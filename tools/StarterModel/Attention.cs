namespace Cria.Starter;

/// <summary>The heads of the first layer: three bring the words before the current one, four the chosen member of each kind.</summary>
internal sealed class Attention
{
    private const int PreviousWords = 3, Pairs = Layout.Slot / 2;

    // Sharp enough that the wanted word gets all of the attention but a part in 10^10.
    private const float Sharpness = 210;

    // Scores of a member and of the token that begins a story, which stands for none; all others have 0.
    private const float MemberScore = 40, NoneScore = 20;

    public Attention()
    {
        for (int back = 1; back <= PreviousWords; back++) LookBack(back - 1, back);
        foreach (Kind kind in Enum.GetValues<Kind>()) LookFor(PreviousWords + (int)kind, kind);
    }

    public Matrix Query { get; } = new(Layout.Width, Layout.Width);

    public Matrix Key { get; } = new(Layout.Width, Layout.Width);

    public Matrix Value { get; } = new(Layout.Width, Layout.Width);

    public Matrix Output { get; } = new(Layout.Width, Layout.Width);

    // Rotary positions turn pair i of a query and of a key by their position times its frequency. All keys are alike, and the
    // query is turned back by so many positions: their product is largest where the key stands just there.
    private void LookBack(int head, int back)
    {
        for (int pair = 0; pair < Pairs; pair++)
        {
            double frequency = Math.Pow(StarterModel.RopeBase, -2.0 * pair / Layout.Slot);
            int row = head * Layout.Slot + 2 * pair;
            Key[row, Layout.One] = 1;
            Query[row, Layout.One] = (float)(Sharpness * Math.Cos(back * frequency));
            Query[row + 1, Layout.One] = (float)(-Sharpness * Math.Sin(back * frequency));
        }

        for (int i = 0; i < Layout.Slot; i++)
        {
            Value[head * Layout.Slot + i, Layout.Words + i] = 1;
            Output[Layout.Words + back * Layout.Slot + i, head * Layout.Slot + i] = 1;
        }
    }

    // In the pair that hardly turns, positions do not matter: the keys of members stand out wherever they are.
    private void LookFor(int head, Kind kind)
    {
        int row = head * Layout.Slot + Layout.Slot - 2;
        float scale = MathF.Sqrt(Layout.Slot);
        Query[row, Layout.One] = scale;
        Key[row, Layout.OfKind + (int)kind] = MemberScore;
        Key[row, Layout.Begins] = NoneScore;

        int first = (int)kind * StarterVocabulary.MembersOfKind, none = Layout.Slot - 1;
        for (int i = first; i < first + StarterVocabulary.MembersOfKind; i++)
        {
            Value[head * Layout.Slot + i, Layout.Member + i] = 1;
            Output[Layout.Chosen + i, head * Layout.Slot + i] = 1;
        }

        Value[head * Layout.Slot + none, Layout.Begins] = 1;
        Output[Layout.NoneChosen + (int)kind, head * Layout.Slot + none] = 1;
    }
}
