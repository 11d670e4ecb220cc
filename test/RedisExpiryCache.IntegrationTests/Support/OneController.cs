using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace RedisExpiryCache.IntegrationTests.Support;

/// <summary>An app whose only controller is a nested class, which no other app finds.</summary>
internal sealed class OneController(Type controller) : IApplicationFeatureProvider<ControllerFeature>
{
    public static void Only<TController>(ApplicationPartManager parts) => Only(parts, typeof(TController));

    public static void Only(ApplicationPartManager parts, Type controller)
    {
        parts.ApplicationParts.Clear();
        parts.FeatureProviders.Clear();
        parts.FeatureProviders.Add(new OneController(controller));
    }

    public void PopulateFeature(IEnumerable<ApplicationPart> parts, ControllerFeature feature) => feature.Controllers.Add(controller.GetTypeInfo());
}
