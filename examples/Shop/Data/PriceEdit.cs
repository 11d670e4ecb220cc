namespace Shop.Data;

/// <summary>What the admin form and the JSON API send.</summary>
public sealed record PriceEdit(decimal Price)
{
    public const string Rule = "A price is 0.01 to 99999.99, in whole cents.";

    public bool IsValid => Price is >= 0.01m and <= 99_999.99m && decimal.Round(Price, 2) == Price;
}
