# Steps of PyTorch 1.13's optimizers in float64 on a linear regression: update_rules.json. Run: python3 update_rules.py > update_rules.json
import json, math, torch
torch.set_default_dtype(torch.float64)
# deterministic data: x_ij = sin(1 + 3i + 5j), y_i = cos(2i)
n,d=6,3
x=torch.tensor([[math.sin(1+3*i+5*j) for j in range(d)] for i in range(n)])
y=torch.tensor([math.cos(2*i) for i in range(n)])
w0=torch.tensor([0.3,-0.2,0.5,0.1])
def run(make, sam=None, steps=8):
    w=w0.clone().requires_grad_()
    opt=make([w]); out=[]
    for k in range(steps):
        def g(at):
            a=at.detach().requires_grad_()
            l=((x@a[:3]+a[3]-y)**2).mean(); return torch.autograd.grad(l,a)[0]
        grad=g(w)
        if sam: grad=g(w+sam*grad/grad.norm())
        w.grad=grad; opt.step(); out.append(w.detach().tolist())
    return out
O=torch.optim
r={'momentum':run(lambda p:O.SGD(p,lr=0.1,momentum=0.9,weight_decay=0.01)),
'nesterov':run(lambda p:O.SGD(p,lr=0.1,momentum=0.9,nesterov=True,weight_decay=0.01)),
'adam':run(lambda p:O.Adam(p,lr=0.1,betas=(0.8,0.95),eps=1e-6,weight_decay=0.01)),
'adamw':run(lambda p:O.AdamW(p,lr=0.1,betas=(0.9,0.999),eps=1e-8,weight_decay=0.1)),
'sam':run(lambda p:O.SGD(p,lr=0.1),sam=0.05)}
print(json.dumps(r, indent=0))
