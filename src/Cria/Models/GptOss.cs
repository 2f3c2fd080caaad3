using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>gpt-oss: experts with biases and a clamped gate, a sink score per head, and a window on every other layer.</summary>
internal static class GptOss
{
    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Hyperparameters settings = model.Settings;
        if (shape.Experts == 0) throw settings.Damaged("expert_count", "a gpt-oss model must have experts.");
        int inner = settings.Count("expert_feed_forward_length", 1 << 20);
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Halves);
        RopeTable windowRope = (rotation with { Base = settings.Positive("rope.freq_base_swa", rotation.Base) }).Table(RopePairing.Halves);
        var windows = SlidingWindow.Read(model, period: 2);
        var attention = new AttentionShape { Heads = shape.Heads, Scale = 1 / MathF.Sqrt(shape.KeyLength) };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention with
            {
                Window = windows.Of(layer),
                Sinks = model.Vector($"blk.{layer}.attn_sinks.weight", shape.Heads),
            })
            {
                Rope = windows.Of(layer) > 0 ? windowRope : rope,
            },
            FeedForwardNorm = model.Norm($"blk.{layer}.post_attention_norm", shape.EmbeddingLength),
            FeedForward = new Experts(model, layer, inner, Gate.SwiGluClamped),
        });
    }
}
