using Cria.Models.Parts;
using Cria.Tensors;

namespace Cria.Models;

/// <summary>Gemma 2: norms on both sides of each half, GeGlu, capped scores and logits, and a window on every other layer.</summary>
internal static class Gemma2
{
    private const int LayersOf27B = 46;

    public static Transformer Build(ModelReader model)
    {
        NetworkShape shape = model.Shape;
        Hyperparameters settings = model.Settings;
        Rotation rotation = Rotation.Read(model);
        RopeTable rope = rotation.Table(RopePairing.Halves);
        RopeTable windowRope = (rotation with { Base = settings.Positive("rope.freq_base_swa", rotation.Base) }).Table(RopePairing.Halves);
        var windows = SlidingWindow.Read(model, period: 2, absentLength: 4096);
        var attention = new AttentionShape
        {
            Heads = shape.Heads,
            Scale = 1 / MathF.Sqrt(shape.Layers == LayersOf27B ? shape.EmbeddingLength / shape.Heads : shape.KeyLength),
            SoftCap = settings.Positive("attn_logit_softcapping", 50),
        };

        return new Transformer(model, layer => new Block
        {
            AttentionNorm = model.Norm($"blk.{layer}.attn_norm", shape.EmbeddingLength),
            Attention = new Attention(model, layer, attention with { Window = windows.Of(layer) })
            {
                Rope = windows.Of(layer) > 0 ? windowRope : rope,
            },
            AttentionPostNorm = model.Norm($"blk.{layer}.post_attention_norm", shape.EmbeddingLength),
            FeedForwardNorm = model.Norm($"blk.{layer}.ffn_norm", shape.EmbeddingLength),
            FeedForward = new FeedForward(model, layer, Gate.GeGlu),
            FeedForwardPostNorm = model.Norm($"blk.{layer}.post_ffw_norm", shape.EmbeddingLength),
        })
        {
            EmbeddingScale = MathF.Sqrt(shape.EmbeddingLength),
            LogitSoftCap = settings.Positive("final_logit_softcapping", 30),
        };
    }
}
