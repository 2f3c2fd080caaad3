using Cria.Tensors;

namespace Cria.Models.Parts;

/// <summary>A feed-forward part without a gate: down(gelu(up(x))).</summary>
internal sealed class PlainFeedForward : IFeedForward
{
    private readonly Linear _up, _down;
    private readonly Activations _raised;

    public PlainFeedForward(ModelReader model, int layer)
    {
        int embedding = model.Shape.EmbeddingLength, inner = model.Shape.FeedForwardLength;
        _up = model.Linear($"blk.{layer}.ffn_up", embedding, inner);
        _down = model.Linear($"blk.{layer}.ffn_down", inner, embedding);
        _raised = model.Workspace.Buffer("up", inner);
    }

    public void Run(Arithmetic math, Activations x, Activations y)
    {
        _up.Run(math, x, _raised);
        math.Gelu(_raised);
        _down.Run(math, _raised, y);
    }
}
