module LargeSteps.Tests.FSharp.PublicApiTests
open Xunit
[<Fact>]
let ``placeholder`` () = Assert.True true
